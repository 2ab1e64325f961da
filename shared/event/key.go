package event

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
	"github.com/nbd-wtf/go-nostr/nip19"
)

// Key is a secret key. Whatever prints, logs or encodes it shows redacted; there is no way to read the secret back.
type Key struct {
	secret *btcec.PrivateKey
	pubkey PubKey
}

const redacted = "***"

// errKey says nothing of what was given: a mistyped secret is still a secret.
var errKey = errors.New("parse secret key: want 64 hex digits or an nsec")

// ParseKey reads a secret key as 64 hex digits or as an nsec (NIP-19), with white space around it, as files have.
func ParseKey(s string) (Key, error) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "nsec1") {
		_, value, err := nip19.Decode(s)
		digits, ok := value.(string)
		if err != nil || !ok {
			return Key{}, errKey
		}
		s = digits
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		return Key{}, errKey
	}
	return newKey(b)
}

// GenerateKey returns a new random key.
func GenerateKey() Key {
	for {
		var b [32]byte
		rand.Read(b[:]) // never fails: the runtime ends the process instead
		if key, err := newKey(b[:]); err == nil {
			return key
		}
	}
}

// newKey checks that the secret is between 1 and the group order.
func newKey(b []byte) (Key, error) {
	var scalar btcec.ModNScalar
	if overflow := scalar.SetByteSlice(b); overflow || scalar.IsZero() {
		return Key{}, errKey
	}
	secret, public := btcec.PrivKeyFromBytes(b)
	return Key{secret: secret, pubkey: PubKey(schnorr.SerializePubKey(public))}, nil
}

// PubKey returns the author that the key signs as.
func (k Key) PubKey() PubKey { return k.pubkey }

// Sign makes an event in NIP-01's letter form, with fresh randomness as BIP-340 advises. Bytes that are not UTF-8 become
// U+FFFD. The limits of Parse are the caller's to keep, as is createdAt >= 0. The zero Key panics: it signs for nobody.
func (k Key) Sign(createdAt int64, kind uint16, tags [][]string, content string) Event {
	e := Compose(k.pubkey, createdAt, kind, tags, content)
	var aux [32]byte
	rand.Read(aux[:])
	sig, err := schnorr.Sign(k.secret, e.ID[:], schnorr.CustomNonce(aux))
	if err != nil {
		panic(fmt.Sprintf("sign with a checked key: %v", err))
	}
	e.Sig = [64]byte(sig.Serialize())
	return e
}

// Compose makes an event as Sign does, with its true id and without a signature: for measurements of what never looks at
// one, where signing would take most of the time.
func Compose(author PubKey, createdAt int64, kind uint16, tags [][]string, content string) Event {
	e := Event{PubKey: author, CreatedAt: createdAt, Kind: kind}
	preimage := e.appendHead(nil)
	start := len(preimage)
	preimage = appendTags(preimage, tags)
	end := len(preimage)
	preimage = appendQuoted(append(preimage, ','), content, letter)
	e.Tags, e.Content = preimage[start:end:end], preimage[end+1:len(preimage):len(preimage)]
	e.ID = sha256.Sum256(append(preimage, ']'))
	return e
}

// appendTags writes tags as signed text.
func appendTags(dst []byte, tags [][]string) []byte {
	dst = append(dst, '[')
	for i, tag := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		for j, s := range tag {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, s, letter)
		}
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// String hides the key.
func (k Key) String() string { return redacted }

// GoString hides the key.
func (k Key) GoString() string { return redacted }

// Format hides the key from every verb, those that would print the fields included.
func (k Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue hides the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the key.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText hides the key from every other encoder.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }
