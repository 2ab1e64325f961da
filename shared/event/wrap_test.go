package event

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nbd-wtf/go-nostr"
	"github.com/nbd-wtf/go-nostr/nip44"
	"github.com/nbd-wtf/go-nostr/nip59"
)

// TestAnotherImplementationReadsWhatWasWrapped unwraps with go-nostr, as the addressee and as somebody else.
func TestAnotherImplementationReadsWhatWasWrapped(t *testing.T) {
	from, to, other := GenerateKey(), GenerateKey(), GenerateKey()
	const at, text = 1_790_000_000, "wss://a.example.com is down\n\"since\" noon"
	wrap, err := from.Wrap(to.PubKey(), at, text)
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err := Parse(wrap.AppendJSON(nil)); err != nil || !parsed.CheckSignature() || parsed.Kind != 1059 {
		t.Errorf("the wrap got kind %d and %v, want a valid event of kind 1059", parsed.Kind, err)
	}
	if wrap.PubKey == from.PubKey() || wrap.CreatedAt > at || wrap.CreatedAt < at-maxBackdate {
		t.Errorf("the wrap is by %s at %d, want a key used once and a time before the message", wrap.PubKey, wrap.CreatedAt)
	}
	got, err := unwrap(t, wrap, to)
	if err != nil || got.Content != text || got.PubKey != from.PubKey().String() || got.Kind != 14 || got.CreatedAt != at {
		t.Errorf("the addressee reads %+v (%v), want the text", got, err)
	}
	again, err := from.Wrap(to.PubKey(), at, text)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := unwrap(t, again, to); err != nil || second.ID != got.ID || again.ID == wrap.ID {
		t.Errorf("wrapped again it is %s (%v), want the same message %s", second.ID, err, got.ID)
	}
	if got, err := unwrap(t, wrap, other); err == nil {
		t.Errorf("somebody else reads %+v, want nothing", got)
	}
	if strings.Contains(string(wrap.AppendJSON(nil)), from.PubKey().String()) {
		t.Error("the wrap names its sender")
	}
}

func unwrap(t *testing.T, wrap Event, as Key) (nostr.Event, error) {
	t.Helper()
	var theirs nostr.Event
	if err := json.Unmarshal(wrap.AppendJSON(nil), &theirs); err != nil {
		t.Fatal(err)
	}
	secret := hex.EncodeToString(as.secret.Serialize())
	return nip59.GiftUnwrap(theirs, func(pubkey, text string) (string, error) {
		conversation, err := nip44.GenerateConversationKey(pubkey, secret)
		if err != nil {
			return "", err
		}
		return nip44.Decrypt(text, conversation)
	})
}
