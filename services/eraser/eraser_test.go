package eraser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/eraser"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// place is an archive and a bus that hold the same events.
type place struct {
	t     *testing.T
	dsn   string
	bus   *bus.Bus
	store *store.Store // that erases
}

func batchOf(events ...event.Event) *ingest.Batch {
	page := &ingest.Page{Relay: "wss://a.example.com", Vantage: "main", Filter: "{}", Parts: 1, SeenAt: 1_790_000_000}
	for _, e := range events {
		page.Events = append(page.Events, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	return &ingest.Batch{Version: ingest.Version, Pages: []*ingest.Page{page}}
}

func newPlace(t *testing.T, events ...event.Event) *place {
	t.Helper()
	p := &place{t: t, dsn: testkit.Postgres(t)}
	p.bus, p.store = testkit.Connect(t, testkit.NATSURL(t)), testkit.Eraser(t, p.dsn)
	p.bring(events...)
	var facts []bus.Message
	for _, e := range events {
		facts = append(facts, bus.Message{Subject: subject.Event(e.Kind, e.PubKey), Body: e.AppendJSON(nil)})
	}
	if err := p.bus.PublishAll(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	return p
}

// bring writes events as the writer does.
func (p *place) bring(events ...event.Event) {
	p.t.Helper()
	if _, err := testkit.Store(p.t, p.dsn).Write(p.t.Context(), []*ingest.Batch{batchOf(events...)}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) dead(events ...event.Event) {
	p.t.Helper()
	body, err := ingest.Encode(batchOf(events...))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.bus.Publish(p.t.Context(), bus.Message{Subject: subject.Dead("writer"), Body: body}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) expect(what string, got, want int) {
	p.t.Helper()
	if got != want {
		p.t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

// TestCopiesOnTheBusGo takes down an author of whom copies are on EVENTS and DEAD, beside one of the same shard.
func TestCopiesOnTheBusGo(t *testing.T) {
	bad := event.GenerateKey()
	neighbour := event.GenerateKey()
	for neighbour.PubKey()[0] != bad.PubKey()[0] {
		neighbour = event.GenerateKey()
	}
	var events []event.Event
	for i := range 12 {
		events = append(events, bad.Sign(int64(i), uint16(i), nil, fmt.Sprint("bad ", i)), neighbour.Sign(int64(i), 1, nil, fmt.Sprint("good ", i)))
	}
	one := event.GenerateKey().Sign(1, 1, nil, "one that goes")
	p := newPlace(t, append(events, one)...)
	p.dead(events[0], events[1])
	p.dead(events[1])
	for _, act := range []store.Takedown{{Target: bad.PubKey(), Author: true}, {Target: one.ID}} {
		act.Reason, act.By, act.At = "test", "test", time.Now()
		if err := p.store.EnterTakedown(t.Context(), act); err != nil {
			t.Fatal(err)
		}
	}
	done, err := eraser.New(eraser.Config{}, p.bus, p.store, testkit.Log(t)).Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (eraser.Done{Tombstones: 2, Events: 13, Sightings: 13, Messages: 14}); done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	p.expect("left on EVENTS", testkit.Messages(t, p.bus, subject.StreamEvents), 12)
	p.expect("left on DEAD", testkit.Messages(t, p.bus, subject.StreamDead), 1)
	p.bring(append(events, one)...)
	p.expect("events in the archive", int(testkit.Number(t, p.dsn, "SELECT count(*) FROM event")), 12)
}

// TestRunRemovesWhoVanished lets a request come while the eraser runs.
func TestRunRemovesWhoVanished(t *testing.T) {
	author, friend := event.GenerateKey(), event.GenerateKey()
	before := author.Sign(10, 1, nil, "before")
	wrap := friend.Sign(11, 1059, [][]string{{"p", author.PubKey().String()}}, "wrap")
	after := author.Sign(30, 1, nil, "after")
	p := newPlace(t, before, wrap, after)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- eraser.New(eraser.Config{Interval: 50 * time.Millisecond}, p.bus, p.store, testkit.Log(t)).Run(ctx)
	}()
	p.bring(author.Sign(20, 62, [][]string{{"relay", "ALL_RELAYS"}}, "let me go"))
	testkit.Until(t, "the request is settled", func() bool {
		return testkit.Number(t, p.dsn, "SELECT count(*) FROM tombstone WHERE cause = 'vanish' AND erased_at IS NOT NULL") == 1
	})
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
	p.expect("events in the archive", int(testkit.Number(t, p.dsn, "SELECT count(*) FROM event")), 2)
	p.expect("left on EVENTS", testkit.Messages(t, p.bus, subject.StreamEvents), 1)
}
