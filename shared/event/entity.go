package event

import (
	"fmt"
	"strings"

	"github.com/nbd-wtf/go-nostr"
	"github.com/nbd-wtf/go-nostr/nip19"
)

// maxEntity bounds the text of an entity; NIP-19 advises at most 5,000 letters.
const maxEntity = 5_000

// DecodePubKey reads an author the way people write one: 64 lower-case hex digits, npub or nprofile (NIP-19). Its error does not
// repeat the text, which may be an nsec by mistake.
func DecodePubKey(s string) (PubKey, error) {
	digits := s
	switch value := entity(s, "npub1", "nprofile1").(type) {
	case string:
		digits = value
	case nostr.ProfilePointer:
		digits = value.PublicKey
	}
	key, err := ParsePubKey(digits)
	if err != nil {
		return PubKey{}, fmt.Errorf("%w (want 64 lower-case hex digits, npub1… or nprofile1…)", &Error{BadHex, "author"})
	}
	return key, nil
}

// DecodeID reads an event's id the way people write one: 64 lower-case hex digits, note or nevent (NIP-19). Its error does not
// repeat the text.
func DecodeID(s string) (ID, error) {
	digits := s
	switch value := entity(s, "note1", "nevent1").(type) {
	case string:
		digits = value
	case nostr.EventPointer:
		digits = value.ID
	}
	id, err := ParseID(digits)
	if err != nil {
		return ID{}, fmt.Errorf("%w (want 64 lower-case hex digits, note1… or nevent1…)", &Error{BadHex, "id"})
	}
	return id, nil
}

// entity decodes a text with one of the prefixes; nil is another text or a damaged one.
func entity(s string, prefixes ...string) any {
	for _, prefix := range prefixes {
		if len(s) <= maxEntity && strings.HasPrefix(s, prefix) {
			if _, value, err := nip19.Decode(s); err == nil {
				return value
			}
		}
	}
	return nil
}
