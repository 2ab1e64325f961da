package publisher

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fiatjaf/eventstore/slicestore"
	"github.com/fiatjaf/khatru"
	"github.com/nbd-wtf/go-nostr"
	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// khatru never ends the goroutine that looks for expired events.
func TestMain(m *testing.M) {
	testkit.Main(m, goleak.IgnoreTopFunction("github.com/fiatjaf/khatru.(*expirationManager).start"))
}

// place is what a publisher works in: a bus, an archive and its writer.
type place struct {
	t       *testing.T
	dsn     string
	bus     *bus.Bus
	archive *store.Store
	cfg     Config
	self    Self
	network netconf.Config
}

// secret is the key of most monitors here.
const secret = "5f1c8a0000000000000000000000000000000000000000000000000000000001"

func newPlace(t *testing.T) *place {
	t.Helper()
	dsn := testkit.Postgres(t)
	p := &place{t: t, dsn: dsn, bus: testkit.NATS(t), archive: testkit.Store(t, dsn),
		cfg: Config{Heartbeat: 6 * time.Hour, Profile: 24 * time.Hour, Name: "test", Geohash: "u33"},
		self: Self{PrivateKey: app.NewSecret(secret), Interval: time.Hour, Checks: []Question{
			{"open", 10 * time.Second}, {"read", 10 * time.Second}, {"write", 12 * time.Second}, {"nip11", 10 * time.Second}, {"tls", 10 * time.Second}}},
		network: netconf.Config{Vantage: "test", ClearnetCheckTimeout: 10 * time.Second, TorProxy: "socks5h://127.0.0.1:1"}}
	p.background(func(ctx context.Context) error { return testkit.Write(ctx, p.bus, p.archive) })
	return p
}

// background runs something until the test ends or the returned function is called.
func (p *place) background(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil {
			p.t.Errorf("Run: got %v, want nil", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	p.t.Cleanup(stop)
	return stop
}

// publishes starts a publisher for the given publish relays.
func (p *place) publishes(urls ...string) (stop func()) {
	p.cfg.Relays = urls
	options := relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	publisher := New(p.cfg, p.self, p.network, options, p.bus, testkit.Reader(p.t, p.dsn), testkit.Log(p.t))
	publisher.backOff = 50 * time.Millisecond
	return p.background(publisher.Run)
}

// checked has the archive and the stream learn of a round, as the writer does.
func (p *place) checked(c feed.Check, info string) {
	p.t.Helper()
	m := &ingest.Check{Relay: string(c.Relay), Vantage: c.Vantage, CheckedAt: c.CheckedAt.Unix(), State: c.State,
		StateSince: c.Since.Unix(), Failures: uint32(c.Failures)}
	if info != "" {
		m.Documents = []*ingest.Document{{Type: "nip11", Body: []byte(info)}}
	}
	if _, err := p.archive.Write(p.t.Context(), []*ingest.Batch{{Checks: []*ingest.Check{m}}}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
	p.tell(c)
}

// tell publishes the fact of a round alone.
func (p *place) tell(c feed.Check) {
	p.t.Helper()
	var results []map[string]any
	for _, name := range slices.Sorted(maps.Keys(c.Results)) {
		r := c.Results[name]
		results = append(results, map[string]any{"check": name, "ok": r.OK, "rtt_ms": r.RTT.Milliseconds(), "reason": r.Reason})
	}
	body, err := json.Marshal(map[string]any{"relay": c.Relay, "network": c.Relay.Network(), "vantage": c.Vantage,
		"checked_at": c.CheckedAt.Unix(), "state": c.State, "since": c.Since.Unix(), "failures": c.Failures, "results": results})
	if err != nil {
		p.t.Fatal(err)
	}
	on := subject.Check(string(c.Relay.Network()), c.Relay.Token())
	if err := p.bus.Publish(p.t.Context(), bus.Message{Subject: on, Body: body}); err != nil {
		p.t.Fatal(err)
	}
}

// at is a good round of a relay, so long ago.
func at(url relay.URL, ago time.Duration) feed.Check {
	c := answered(url)
	c.CheckedAt = time.Now().Add(-ago).Truncate(time.Second)
	c.Since = c.CheckedAt
	return c
}

// publishRelay is a relay of another make, which keeps what it is given. Clients read through a second one over the same
// events: khatru looks at its list of subscriptions without a lock when it takes an event.
type publishRelay struct {
	*khatru.Relay
	url, readURL string
	db           *slicestore.SliceStore
	storing      sync.Mutex // of db

	mu   sync.Mutex
	sent []string // ids of every event that was offered, in order
}

func newPublishRelay(t *testing.T, rules ...func(context.Context, *nostr.Event) (bool, string)) *publishRelay {
	t.Helper()
	r := &publishRelay{Relay: khatru.NewRelay(), db: &slicestore.SliceStore{MaxLimit: 1000}}
	if err := r.db.Init(); err != nil {
		t.Fatal(err)
	}
	r.RejectEvent = append(r.RejectEvent, func(_ context.Context, e *nostr.Event) (bool, string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sent = append(r.sent, e.ID)
		return false, ""
	})
	r.RejectEvent = append(r.RejectEvent, rules...)
	r.StoreEvent = append(r.StoreEvent, r.locked(r.db.SaveEvent))
	r.ReplaceEvent = append(r.ReplaceEvent, r.locked(r.db.ReplaceEvent))
	front := khatru.NewRelay()
	front.QueryEvents = append(front.QueryEvents, r.query)
	r.url, r.readURL = serve(t, r), serve(t, front)
	r.ServiceURL = r.url // what AUTH must name
	return r
}

// locked keeps readers of the store out while it changes: slicestore replaces without a lock.
func (r *publishRelay) locked(change func(context.Context, *nostr.Event) error) func(context.Context, *nostr.Event) error {
	return func(ctx context.Context, e *nostr.Event) error {
		r.storing.Lock()
		defer r.storing.Unlock()
		return change(ctx, e)
	}
}

func (r *publishRelay) query(ctx context.Context, filter nostr.Filter) (chan *nostr.Event, error) {
	r.storing.Lock()
	defer r.storing.Unlock()
	found, err := r.db.QueryEvents(ctx, filter)
	if err != nil {
		return nil, err
	}
	var events []*nostr.Event
	for e := range found {
		events = append(events, e)
	}
	answer := make(chan *nostr.Event, len(events))
	for _, e := range events {
		answer <- e
	}
	close(answer)
	return answer, nil
}

// serve starts a relay and returns its URL.
func serve(t *testing.T, r http.Handler) string {
	t.Helper()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func (r *publishRelay) offered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sent)
}

// ask returns what a client gets for a filter.
func (r *publishRelay) ask(t *testing.T, filter event.Filter) (events []event.Event) {
	t.Helper()
	conn, err := relay.NewDialer(relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}).
		Connect(t.Context(), mustURL(t, r.readURL))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Query(t.Context(), relay.Request{Filter: filter, Idle: 10 * time.Second, MaxEvents: 1000}, func(raw []byte) error {
		e, err := event.Parse(bytes.Clone(raw)) // raw is the connection's
		events = append(events, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func mustURL(t *testing.T, text string) relay.URL {
	t.Helper()
	u, err := relay.Anywhere.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// of are the relay's events of a kind; d is "" for all.
func (r *publishRelay) of(t *testing.T, kind uint16, d string) []event.Event {
	t.Helper()
	f := event.Filter{Kinds: []uint16{kind}}
	if d != "" {
		f.Tags = map[byte][]string{'d': {d}}
	}
	return r.ask(t, f)
}
