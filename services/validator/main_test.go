package validator

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	network = netconf.Config{
		Vantage: "main", ClearnetCheckTimeout: 3 * time.Second, ClearnetMaxRelays: 40,
	}
	local = relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
)

// world is a validator with the real broker and archive around it.
type world struct {
	*Validator
	t     *testing.T
	store *store.Store
}

func newWorld(t *testing.T, cfg Config) *world { return newWorldOn(t, cfg, testkit.NATS(t)) }

// newFullWorld is a world in which INGEST takes nothing.
func newFullWorld(t *testing.T, cfg Config) *world {
	server := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}, testkit.Log(t))
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	b, bounds := testkit.Connect(t, server.URL()), subject.DefaultBounds().Within(256<<20)
	bounds.IngestBytes = 10
	if _, err := b.Apply(t.Context(), bounds); err != nil {
		t.Fatal(err)
	}
	return newWorldOn(t, cfg, b)
}

func newWorldOn(t *testing.T, cfg Config, b *bus.Bus) *world {
	s := testkit.Store(t, testkit.Postgres(t))
	w := &world{Validator: New(cfg, network, local, b, testkit.Log(t)), t: t, store: s}
	w.run(w.write)
	return w
}

// run starts work of which the end is awaited when the test ends, or when the returned function is called.
func (w *world) run(work func(context.Context) error) (end func()) {
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- work(ctx); close(done) }()
	end = func() {
		stop()
		if err := <-done; err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	}
	w.t.Cleanup(end)
	return end
}

// write stores what arrives on INGEST, as the writer does.
func (w *world) write(ctx context.Context) error {
	limits := bus.Limits{Messages: 100, Wait: 50 * time.Millisecond}
	return w.bus.Batches(ctx, subject.ConsumerWriter, limits, func(ctx context.Context, deliveries []*bus.Delivery) error {
		batches := make([]*ingest.Batch, len(deliveries))
		for i, d := range deliveries {
			var err error
			if batches[i], err = ingest.Decode(d.Body); err != nil {
				return err
			}
		}
		_, err := w.store.Write(ctx, batches, store.WriteOptions{})
		return err
	})
}

// find makes a URL a candidate with a task, as the intake does.
func (w *world) find(url string) {
	w.t.Helper()
	of := string(relay.URL(url).Network())
	batch := &ingest.Batch{Candidates: []*ingest.Candidate{{Url: url, Network: of, Source: "seed", FoundAt: time.Now().Unix()}}}
	if err := w.bus.Ingest(w.t.Context(), subject.IngestCandidates, batch); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bus.Now(w.t.Context(), subject.JobValidate, bus.Task{URL: url, Network: of}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: did not come to hold in 40 s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (w *world) row(url string) store.Known {
	w.t.Helper()
	rows, err := w.store.KnownURLs(w.t.Context(), []string{url})
	if err != nil {
		w.t.Fatal(err)
	}
	return rows[url]
}

// report is empty while nothing is known of the URL.
func (w *world) report(url string) store.RelayReport {
	w.t.Helper()
	report, _, err := w.store.RelayReport(w.t.Context(), url)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func (w *world) has(job, url string) bool {
	w.t.Helper()
	tokens, err := w.bus.Balls(w.t.Context(), job)
	if err != nil {
		w.t.Fatal(err)
	}
	_, is := tokens[subject.Token(url)]
	return is
}

func (w *world) messages(stream string) int {
	w.t.Helper()
	streams, err := w.bus.Streams(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range streams {
		if s.Name == stream {
			return int(s.Messages)
		}
	}
	return -1
}

func startRelay(t *testing.T, name string, m simrelay.Manners) *simrelay.Relay {
	t.Helper()
	r := simrelay.New(name, m, nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}
