package validator

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	network = netconf.Config{
		Vantage: "main", ClearnetCheckTimeout: 3 * time.Second, ClearnetMaxRelays: 40, ClearnetMaxWaiting: 40,
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
func newFullWorld(t *testing.T, cfg Config) *world { return newWorldOn(t, cfg, testkit.FullNATS(t)) }

func newWorldOn(t *testing.T, cfg Config, b *bus.Bus) *world {
	s := testkit.Store(t, testkit.Postgres(t))
	w := &world{Validator: New(cfg, network, local, b, testkit.Log(t)), t: t, store: s}
	w.run(func(ctx context.Context) error { return testkit.Write(ctx, b, s) }) // the writer beside the validator
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

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	testkit.Until(w.t, what, holds)
}

func (w *world) messages(stream string) int {
	w.t.Helper()
	return testkit.Messages(w.t, w.bus, stream)
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

func startRelay(t *testing.T, name string, m simrelay.Manners) *simrelay.Relay {
	t.Helper()
	r := simrelay.New(name, m, nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}
