package event

import "encoding/hex"

// MaxBytes bounds the JSON of one event; the largest real ones are follow lists of a few hundred kilobytes.
const MaxBytes = 512 << 10

// MaxTags bounds the tags of one event; follow lists of ten thousand exist.
const MaxTags = 20_000

// MaxTagElements bounds the strings in all tags of one event together.
const MaxTagElements = 1 << 16

// Event is a Nostr event (NIP-01). For every Event that Parse or New returns,
//
//	sha256(`[0,"<pubkey>",<created_at>,<kind>,` + Tags + `,` + Content + `]`) == ID
//
// Tags and Content are therefore the signed text, byte for byte. A signer that follows NIP-01 to the letter leaves
// control characters raw, so neither is always JSON; AppendJSON always is.
type Event struct {
	ID        ID
	PubKey    PubKey
	Sig       [64]byte
	CreatedAt int64  // unix seconds, never negative; strangers choose it, up to 2^63-1
	Kind      uint16 // 0 to 65535
	Tags      []byte // compact array of arrays of strings, such as [["e","…"]]
	Content   []byte // one string with its quotes
}

// ID is an event's id: the SHA-256 of its content.
type ID [32]byte

// PubKey is an author: the x coordinate of a secp256k1 point (BIP-340).
type PubKey [32]byte

// String returns 64 lower-case hex digits, the form NIP-01 prescribes.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// String returns 64 lower-case hex digits, the form NIP-01 prescribes.
func (p PubKey) String() string { return hex.EncodeToString(p[:]) }

// MarshalText writes what String does, so that JSON and logs show hex.
func (id ID) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, id[:]), nil }

// MarshalText writes what String does, so that JSON and logs show hex.
func (p PubKey) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, p[:]), nil }

// ParseID reads exactly 64 lower-case hex digits. Upper case is refused: it would give one event two names.
func ParseID(s string) (ID, error) {
	var id ID
	if !decodeHex(id[:], s) {
		return ID{}, &Error{BadHex, "id"}
	}
	return id, nil
}

// ParsePubKey reads exactly 64 lower-case hex digits. Whether they are a point of the curve only a signature check says.
func ParsePubKey(s string) (PubKey, error) {
	var p PubKey
	if !decodeHex(p[:], s) {
		return PubKey{}, &Error{BadHex, "pubkey"}
	}
	return p, nil
}

// decodeHex fills dst from lower-case digits and reports whether s was exactly that.
func decodeHex[T string | []byte](dst []byte, s T) bool {
	if len(s) != 2*len(dst) {
		return false
	}
	for i := range dst {
		high, low := hexValue[s[2*i]], hexValue[s[2*i+1]]
		if high|low > 15 {
			return false
		}
		dst[i] = high<<4 | low
	}
	return true
}

// hexValue maps lower-case hex digits to their value and every other byte to 255.
var hexValue = func() (table [256]byte) {
	for i := range table {
		table[i] = 255
	}
	for i, c := range "0123456789abcdef" {
		table[c] = byte(i)
	}
	return table
}()
