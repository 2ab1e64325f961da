package event

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/nbd-wtf/go-nostr/nip44"
)

// Kinds of a private message (NIP-17, NIP-59): the message itself, which is never signed, its seal, and what relays see.
const (
	kindChat     = 14
	kindSeal     = 13
	kindGiftWrap = 1059
)

// maxBackdate is how far the times of seal and wrap are moved, so that they say nothing (NIP-59).
const maxBackdate = 2 * 24 * 60 * 60

// Wrap makes a private message to somebody, of which relays see only the addressee (NIP-17): the text is encrypted to them and
// sealed by k, and the seal is encrypted by a key that is used once. A message with the same time and text is the same one to
// who reads it, however often it is wrapped.
func (k Key) Wrap(to PubKey, createdAt int64, text string) (Event, error) {
	message := k.Sign(createdAt, kindChat, [][]string{{"p", to.String()}}, text)
	seal, err := k.encrypt(to, kindSeal, nil, unsigned(message), createdAt)
	if err != nil {
		return Event{}, fmt.Errorf("seal a message: %w", err)
	}
	wrap, err := GenerateKey().encrypt(to, kindGiftWrap, [][]string{{"p", to.String()}}, string(seal.AppendJSON(nil)), createdAt)
	if err != nil {
		return Event{}, fmt.Errorf("wrap a message: %w", err)
	}
	return wrap, nil
}

// unsigned is an event as JSON without a signature: nobody can prove to others what k wrote.
func unsigned(e Event) string {
	text := e.AppendJSON(nil)
	return string(text[:len(text)-len(`,"sig":""}`)-hex.EncodedLen(len(e.Sig))]) + "}"
}

// encrypt makes an event whose content only the addressee and k can read (NIP-44).
func (k Key) encrypt(to PubKey, kind uint16, tags [][]string, text string, before int64) (Event, error) {
	conversation, err := nip44.GenerateConversationKey(to.String(), hex.EncodeToString(k.secret.Serialize()))
	if err != nil {
		return Event{}, err
	}
	content, err := nip44.Encrypt(text, conversation)
	if err != nil {
		return Event{}, err
	}
	back, err := rand.Int(rand.Reader, big.NewInt(maxBackdate))
	if err != nil {
		return Event{}, err
	}
	return k.Sign(max(before-back.Int64(), 0), kind, tags, content), nil
}
