package monitor

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
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

// place is what a monitor works in: a bus, an archive, relays on loopback, and a writer that keeps what
// it was told.
type place struct {
	t       *testing.T
	log     *slog.Logger
	bus     *bus.Bus
	cfg     Config
	network netconf.Config
	options relay.Options
	pace    pace

	dsn     string
	store   *store.Store // what the monitor may do with the archive: read
	archive *store.Store
	owner   string // DSN, to look at rows

	mu      sync.Mutex
	checks  map[string][]*ingest.Check // by relay URL, in order
	told    map[string]int             // checks that facts may be published of, by relay URL
	changed []store.Changed
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{
		t: t, log: testkit.Log(t), pace: realPace,
		cfg: Config{Interval: time.Hour, CapabilitiesInterval: 24 * time.Hour}, checks: map[string][]*ingest.Check{}, told: map[string]int{},
		network: netconf.Config{Vantage: "main", ClearnetCheckTimeout: time.Second, ClearnetMaxRelays: 30},
	}
	p.bus = testkit.NATS(t)
	dsn := testkit.Postgres(t)
	p.dsn = dsn
	p.store, p.archive, p.owner = testkit.Reader(t, dsn), testkit.Store(t, dsn), dsn
	p.options = relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	return p
}

// monitors runs some of them until the test ends or the returned function is called.
func (p *place) monitors(n int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range n {
		m := New(p.cfg, p.network, p.options, p.bus, p.store, p.log)
		m.pace = p.pace
		running.Go(func() {
			if err := m.Run(ctx); err != nil {
				p.t.Errorf("Run: got %v, want nil", err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	p.t.Cleanup(stop)
	return stop
}

// writer writes what arrives on INGEST into the archive until the test ends.
func (p *place) writer() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		limits := bus.Limits{Messages: 100, Wait: 50 * time.Millisecond}
		if err := p.bus.Batches(ctx, subject.ConsumerWriter, limits, p.write); err != nil {
			p.t.Errorf("Batches: got %v, want nil", err)
		}
	})
	p.t.Cleanup(func() { cancel(); running.Wait() })
}

func (p *place) write(ctx context.Context, deliveries []*bus.Delivery) error {
	var batches []*ingest.Batch
	for _, d := range deliveries {
		batch, err := ingest.Decode(d.Body)
		if err != nil {
			p.t.Errorf("decode: %v", err)
			continue
		}
		batches = append(batches, batch)
	}
	written, err := p.archive.Write(ctx, batches, store.WriteOptions{SightingRefresh: time.Hour, Now: time.Now()})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed = append(p.changed, written.Changed...)
	for _, check := range written.Checks {
		p.told[check.Relay]++
	}
	for _, batch := range batches {
		for _, check := range batch.Checks {
			p.checks[check.Relay] = append(p.checks[check.Relay], check)
		}
	}
	return nil
}

// of returns the checks of a relay that were written so far.
func (p *place) of(url string) []*ingest.Check {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.checks[url]
}

// due makes a check due now.
func (p *place) due(urls ...string) {
	p.t.Helper()
	for _, url := range urls {
		if err := p.bus.Now(p.t.Context(), subject.JobCheck, task(url)); err != nil {
			p.t.Fatal(err)
		}
	}
}

func task(url string) bus.Task { return bus.Task{URL: url, Network: subject.Clearnet} }

// check makes one round of a relay and returns its nth check.
func (p *place) check(url string, n int) *ingest.Check {
	p.t.Helper()
	p.due(url)
	p.until("round "+url, func() bool { return len(p.of(url)) >= n })
	return p.of(url)[n-1]
}

func (p *place) until(what string, holds func() bool) {
	p.t.Helper()
	testkit.Until(p.t, what, holds)
}

// balls returns the tokens that have something coming up.
func (p *place) balls(job string) map[string]struct{} {
	p.t.Helper()
	balls, err := p.bus.Balls(p.t.Context(), job)
	if err != nil {
		p.t.Fatal(err)
	}
	return balls
}

// each hands what comes on a consumer to handle until the returned function is called.
func (p *place) each(consumer string, handle func(*bus.Delivery) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.bus.Each(ctx, consumer, 1, func(_ context.Context, d *bus.Delivery) error { return handle(d) }); err != nil {
			p.t.Errorf("Each: got %v, want nil", err)
		}
	})
	return func() { cancel(); running.Wait() }
}

// start starts a local relay.
func start(t *testing.T, name string, m simrelay.Manners) *simrelay.Relay {
	t.Helper()
	r := simrelay.New(name, m, nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

// reasonsOf are the checks that were not ok, each with its reason.
func reasonsOf(c *ingest.Check) string {
	var words []string
	for _, r := range c.Results {
		if !r.Ok {
			words = append(words, r.Check+"="+r.Reason)
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
