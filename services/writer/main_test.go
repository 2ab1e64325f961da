package writer_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/writer"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	relayA = "wss://a.example.com"
	relayB = "wss://b.example.com"
	noon   = 1_790_000_000/86400*86400 + 43200
	soon   = 30 * time.Second
)

var key = event.GenerateKey()

// place is what a writer works in.
type place struct {
	t       *testing.T
	dsn     string
	bus     *bus.Bus
	nats    string
	streams *testkit.Streams
}

func newPlace(t *testing.T) *place {
	t.Helper()
	return newPlaceOn(t, testkit.Postgres(t))
}

func newPlaceOn(t *testing.T, dsn string) *place {
	t.Helper()
	url := testkit.NATSURL(t)
	return &place{t: t, dsn: dsn, nats: url, bus: testkit.Connect(t, url), streams: testkit.OpenStreams(t, url)}
}

// start runs a writer until the test ends or stop is called.
func (p *place) start() (metrics counts, stop func()) {
	p.t.Helper()
	return p.startOn(testkit.Store(p.t, p.dsn))
}

func (p *place) startOn(s *store.Store) (metrics counts, stop func()) {
	p.t.Helper()
	return p.startLogging(s, testkit.Log(p.t))
}

func (p *place) startLogging(s *store.Store, log *slog.Logger) (metrics counts, stop func()) {
	p.t.Helper()
	metrics = countNow(p.t)
	cfg := writer.Config{BatchEvents: 5000, BatchWait: 50 * time.Millisecond, SightingRefresh: 7 * 24 * time.Hour}
	w := writer.New(cfg, testkit.Connect(p.t, p.nats), s, log)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx); err != nil {
			p.t.Errorf("Run: got %v, want nil", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	p.t.Cleanup(stop)
	return metrics, stop
}

func (p *place) send(batch *ingest.Batch) {
	p.t.Helper()
	if err := p.bus.Ingest(p.t.Context(), subject.IngestPages, batch); err != nil {
		p.t.Fatal(err)
	}
}

// eventually waits until a number is what it should become.
func (p *place) eventually(what string, get func() int64, want int64) {
	p.t.Helper()
	var got int64
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = get(); got == want {
			return
		}
	}
	p.t.Fatalf("%s: got %d, want %d", what, got, want)
}

func (p *place) drained() {
	p.t.Helper()
	p.eventually("messages left in INGEST", func() int64 { return int64(p.streams.Count(subject.StreamIngest)) }, 0)
}

func (p *place) rows(query string, args ...any) int64 {
	p.t.Helper()
	return testkit.Number(p.t, p.dsn, query, args...)
}

func (p *place) expectRows(query string, want int64) {
	p.t.Helper()
	if got := p.rows(query); got != want {
		p.t.Errorf("%s: got %d, want %d", query, got, want)
	}
}

// expectEvents compares what is on EVENTS with the ids that should be; order does not matter, nor how often.
func (p *place) expectEvents(want ...event.Event) {
	p.t.Helper()
	got := map[event.ID]int{}
	for _, m := range p.streams.Messages(subject.StreamEvents) {
		e, err := event.Parse(m.Body)
		if err != nil || !e.CheckSignature() {
			p.t.Errorf("body on EVENTS: got %.100q, %v, want a signed event", m.Body, err)
		}
		got[e.ID]++
	}
	for _, e := range want {
		if got[e.ID] == 0 {
			p.t.Errorf("EVENTS: got no event %s, want it", e.ID)
		}
		delete(got, e.ID)
	}
	if len(got) > 0 {
		p.t.Errorf("EVENTS: got %d events that should not be there: %v", len(got), got)
	}
}

// counts are the counters of the process at one moment, by name and label.
type counts map[string]float64

func countNow(t *testing.T) counts {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	now := counts{}
	for _, family := range families {
		for _, m := range family.Metric {
			label := ""
			if len(m.Label) > 0 {
				label = m.Label[0].GetValue()
			}
			now[family.GetName()+"{"+label+"}"] = m.GetCounter().GetValue()
		}
	}
	return now
}

// expectMetric compares what a counter gained since before.
func expectMetric(t *testing.T, before counts, name, label string, want float64) {
	t.Helper()
	what := name + "{" + label + "}"
	if got := countNow(t)[what] - before[what]; got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func makeEvents(n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(int64(1_700_000_000+i), 1, [][]string{{"t", fmt.Sprint("tag", i)}}, fmt.Sprint("event ", i))
	}
	return events
}

func pageOf(relay string, events ...event.Event) *ingest.Batch {
	page := &ingest.Page{PageId: make([]byte, 16), Parts: 1, Relay: relay, Vantage: "main", Filter: "{}",
		Since: events[0].CreatedAt, Until: events[len(events)-1].CreatedAt, Proof: ingest.Proof_PROOF_EOSE, SeenAt: noon}
	for _, e := range events {
		page.Events = append(page.Events, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:],
			CreatedAt: e.CreatedAt, Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	return &ingest.Batch{Pages: []*ingest.Page{page}}
}

// exec runs statements as the owner of the database.
func (p *place) exec(statements string) {
	p.t.Helper()
	testkit.Exec(p.t, p.dsn, statements)
}
