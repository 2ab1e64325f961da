package event

import (
	"strings"
	"testing"

	"github.com/nbd-wtf/go-nostr/nip19"
)

func TestDecodeEntities(t *testing.T) {
	npub, err1 := nip19.EncodePublicKey(hexA)
	nprofile, err2 := nip19.EncodeProfile(hexA, []string{"wss://relay.example"})
	note, err3 := nip19.EncodeNote(hexA)
	nevent, err4 := nip19.EncodeEvent(hexA, []string{"wss://relay.example"}, hexB)
	nsec, err5 := nip19.EncodePrivateKey(hexA)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][2]bool{ // read as an author, as an id
		hexA: {true, true}, strings.ToUpper(hexA): {false, false}, npub: {true, false}, nprofile: {true, false},
		note: {false, true}, nevent: {false, true}, nsec: {false, false}, "": {false, false}, hexA[1:]: {false, false},
		npub[:20]: {false, false}, "npub1": {false, false}, note + "q": {false, false},
	} {
		author, err := DecodePubKey(text)
		if (err == nil) != want[0] || err == nil && author.String() != hexA {
			t.Errorf("author %s: got %s, %v, want accepted %v as %s", text, author, err, want[0], hexA)
		}
		id, err := DecodeID(text)
		if (err == nil) != want[1] || err == nil && id.String() != hexA {
			t.Errorf("id %s: got %s, %v, want accepted %v as %s", text, id, err, want[1], hexA)
		}
		if err != nil && len(text) > 10 && strings.Contains(err.Error(), text) {
			t.Errorf("got the text in %q, want no word of it", err)
		}
	}
}

func FuzzDecodeEntities(f *testing.F) {
	f.Add("npub1")
	f.Add(hexA)
	f.Add("nevent1qqsx")
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = DecodePubKey(text)
		_, _ = DecodeID(text)
	})
}
