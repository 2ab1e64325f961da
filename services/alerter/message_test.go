package alerter

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fiatjaf/eventstore/slicestore"
	"github.com/fiatjaf/khatru"
	"github.com/nbd-wtf/go-nostr"
	"github.com/nbd-wtf/go-nostr/nip44"
	"github.com/nbd-wtf/go-nostr/nip59"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	sender = "5f1c8a0000000000000000000000000000000000000000000000000000000003"
	reader = "5f1c8a0000000000000000000000000000000000000000000000000000000004"
)

// inboxRelay is a relay of another make.
func inboxRelay(t *testing.T, holds ...event.Event) (url string, db *slicestore.SliceStore) {
	t.Helper()
	db = &slicestore.SliceStore{MaxLimit: 100}
	if err := db.Init(); err != nil {
		t.Fatal(err)
	}
	for _, e := range holds {
		var theirs nostr.Event
		if err := json.Unmarshal(e.AppendJSON(nil), &theirs); err != nil {
			t.Fatal(err)
		}
		if err := db.SaveEvent(t.Context(), &theirs); err != nil {
			t.Fatal(err)
		}
	}
	r := khatru.NewRelay()
	r.StoreEvent = append(r.StoreEvent, db.SaveEvent)
	r.QueryEvents = append(r.QueryEvents, db.QueryEvents)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http"), db
}

// messages are the private messages on a relay, as their receiver reads them.
func messages(t *testing.T, db *slicestore.SliceStore) (read []nostr.Event) {
	t.Helper()
	wraps, err := db.QueryEvents(t.Context(), nostr.Filter{Kinds: []int{1059}})
	if err != nil {
		t.Fatal(err)
	}
	for wrap := range wraps {
		rumor, err := nip59.GiftUnwrap(*wrap, func(pubkey, text string) (string, error) {
			conversation, err := nip44.GenerateConversationKey(pubkey, reader)
			if err != nil {
				return "", err
			}
			return nip44.Decrypt(text, conversation)
		})
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, rumor)
	}
	return read
}

func keyOf(t *testing.T, text string) event.Key {
	t.Helper()
	key, err := event.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// inboxList names where the receiver reads private messages.
func inboxList(t *testing.T, url string) event.Event {
	return keyOf(t, reader).Sign(1_700_000_000, kindInbox, [][]string{{"relay", url}}, "")
}

// whispers subscribes the receiver, and has the watched relay go down.
func (p *place) whispers(relays ...string) {
	p.t.Helper()
	p.cfg.PrivateKey, p.cfg.Relays = app.NewSecret(sender), relays
	p.alerts(fmt.Sprintf("subscriptions: [{name: me, relays: [%s], nostr: %s, quiet: 0s}]", watched, keyOf(p.t, reader).PubKey()))
	p.told(1, "up")
	p.told(2, "down")
	p.memory("the alert told", func(m memory) bool { return m.Told == "down" })
}

// wantMessage is what the receiver must read, and nobody else can.
func wantMessage(t *testing.T, db *slicestore.SliceStore) {
	t.Helper()
	read := messages(t, db)
	if len(read) != 1 || read[0].Kind != 14 || !strings.Contains(read[0].Content, string(watched)+" is down") ||
		read[0].PubKey != keyOf(t, sender).PubKey().String() {
		t.Errorf("the receiver reads %+v, want the alert", read)
	}
}

func TestAPrivateMessageGoesToTheInboxThatTheArchiveKnows(t *testing.T) {
	t.Parallel()
	inbox, db := inboxRelay(t)
	other, otherDB := inboxRelay(t)
	p := newPlace(t)
	e := inboxList(t, inbox)
	page := &ingest.Page{PageId: make([]byte, 16), Parts: 1, Relay: string(watched), Filter: "{}", Since: 1, SeenAt: 1_700_000_001,
		Events: []*ingest.Event{{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt, Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content}}}
	if _, err := p.archive.Write(t.Context(), []*ingest.Batch{{Pages: []*ingest.Page{page}}}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	p.whispers(other)
	wantMessage(t, db)
	if n := len(messages(t, otherDB)); n != 0 {
		t.Errorf("got %d messages elsewhere, want none", n)
	}
}

func TestAPrivateMessageGoesToTheInboxThatRelaysName(t *testing.T) {
	t.Parallel()
	inbox, db := inboxRelay(t)
	knows, _ := inboxRelay(t, inboxList(t, inbox))
	p := newPlace(t)
	p.whispers("ws://127.0.0.1:1", knows)
	wantMessage(t, db)
}

func TestWithoutAnInboxTheMessageGoesToOurRelays(t *testing.T) {
	t.Parallel()
	ours := ownRelay(t, simrelay.Manners{})
	p := newPlace(t)
	p.whispers(ours.URL())
	if ours.Len() != 1 {
		t.Errorf("got %d events on our relay, want the message", ours.Len())
	}
}

func TestAnInboxThatDemandsALoginGetsIt(t *testing.T) {
	t.Parallel()
	strict := ownRelay(t, simrelay.Manners{AuthOnly: true})
	p := newPlace(t)
	p.whispers(strict.URL())
	if strict.Len() != 1 {
		t.Errorf("got %d events on the relay, want the message after a login", strict.Len())
	}
}

// ownRelay is asked and written to by the same test; khatru looks at its list of subscriptions without a lock then.
func ownRelay(t *testing.T, m simrelay.Manners) *simrelay.Relay {
	t.Helper()
	r := simrelay.New(t.Name(), m, nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func TestAnInboxMayNotPointInside(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.options.Allow = nil
	a := p.alerter()
	if got := a.inboxRelays([][]string{{"relay", "ws://127.0.0.1:5432"}, {"relay", "wss://10.0.0.1"}, {"relay"}, {"r", "wss://b.example.com"},
		{"relay", "wss://b.example.com"}, {"relay", "wss://b.example.com/"}}); len(got) != 1 || got[0] != "wss://b.example.com" {
		t.Errorf("got %v, want the one public relay", got)
	}
}

func TestNobodyWhoTakesItIsAnError(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.cfg.PrivateKey = app.NewSecret(sender)
	a := p.alerter()
	key := keyOf(t, sender)
	a.key = &key
	if err := a.whisper(t.Context(), key.PubKey(), Alert{Text: "x", Since: 1}); err == nil {
		t.Error("got nil, want an error: there is no relay")
	}
}
