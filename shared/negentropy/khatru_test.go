package negentropy

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/coder/websocket"
	"github.com/fiatjaf/eventstore/slicestore"
	"github.com/fiatjaf/khatru"
	"github.com/nbd-wtf/go-nostr"
)

// signed makes n events, several per second.
func signed(t *testing.T, n int) []event.Event {
	t.Helper()
	key, err := event.ParseKey(strings.Repeat("0", 63) + "7")
	if err != nil {
		t.Fatal(err)
	}
	events := make([]event.Event, n)
	var done sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for k := range workers {
		done.Go(func() {
			for i := k; i < n; i += workers {
				events[i] = key.Sign(1_700_000_000+int64(i/7), 1, nil, fmt.Sprint("event ", i))
			}
		})
	}
	done.Wait()
	return events
}

func itemsOf(events []event.Event) (items []Item) {
	for i := range events {
		items = append(items, Item{CreatedAt: events[i].CreatedAt, ID: events[i].ID})
	}
	return items
}

// khatruWith starts a relay of another make that holds the events, and returns its URL.
func khatruWith(t *testing.T, events []event.Event) string {
	t.Helper()
	db := &slicestore.SliceStore{MaxLimit: 10_000}
	if err := db.Init(); err != nil {
		t.Fatal(err)
	}
	for i := range events {
		var ev nostr.Event
		if err := json.Unmarshal(events[i].AppendJSON(nil), &ev); err != nil {
			t.Fatal(err)
		}
		if err := db.SaveEvent(t.Context(), &ev); err != nil {
			t.Fatal(err)
		}
	}
	relay := khatru.NewRelay()
	relay.Negentropy = true
	relay.QueryEvents = append(relay.QueryEvents, db.QueryEvents)
	server := httptest.NewServer(relay)
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestClientAgainstKhatru(t *testing.T) {
	events, n := signed(t, signedEvents), signedEvents/30
	ours := itemsOf(slices.Concat(events[:9*n], events[10*n:11*n], events[11*n+1:25*n], events[27*n:]))
	held := slices.Concat(events[2*n:26*n], events[26*n+n/2:])
	theirs, url := itemsOf(held), khatruWith(t, held)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(4 << 20)

	c := NewClient(NewSet(slices.Clone(ours)), Limits{})
	size, err := talk(c, 0, negOver(ctx, ws))
	if err != nil {
		t.Fatalf("got %v, want a reconciliation", err)
	}
	wantDifference(t, c, ours, theirs)
	if have, need := 2*n, 2*n+n/2+1; len(c.Have()) != have || len(c.Need()) != need {
		t.Errorf("got %d and %d ids, want %d and %d", len(c.Have()), len(c.Need()), have, need)
	}
	t.Logf("%d rounds, %d bytes before hex", c.Rounds(), size)
}

// negOver carries each message as NEG-OPEN or NEG-MSG and returns the relay's. khatru writes its first answer before it
// remembers the session, and then knows nothing of the message that follows at once; a message may as well open a new one.
func negOver(ctx context.Context, ws *websocket.Conn) func([]byte) ([]byte, error) {
	verb := `"NEG-OPEN","n",{"since":1600000000}`
	return func(message []byte) ([]byte, error) {
		parts, err := negSay(ctx, ws, verb, message)
		verb = `"NEG-MSG","n"`
		if err == nil && parts[0] == "NEG-ERROR" && parts[2] == "CLOSED" { // its spelling of NEG-ERR
			parts, err = negSay(ctx, ws, `"NEG-OPEN","again",{"since":1600000000}`, message)
		}
		if err != nil {
			return nil, err
		}
		if parts[0] != "NEG-MSG" {
			return nil, fmt.Errorf("got %q, want NEG-MSG", parts)
		}
		return hex.DecodeString(parts[2])
	}
}

func negSay(ctx context.Context, ws *websocket.Conn, verb string, message []byte) (parts [3]string, err error) {
	if err := ws.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `[%s,"%x"]`, verb, message)); err != nil {
		return parts, err
	}
	_, frame, err := ws.Read(ctx)
	if err != nil {
		return parts, err
	}
	return parts, json.Unmarshal(frame, &parts)
}
