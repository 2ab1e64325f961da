package exporter_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/exporter"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	relayA = "wss://a.example.com"
	relayB = "wss://b.example.com"
	noon   = 1_790_000_000/86400*86400 + 43200
)

var key = event.GenerateKey()

// place is an archive to export.
type place struct {
	*testing.T
	dsn   string
	nats  string
	bus   *bus.Bus
	store *store.Store
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dsn, url := testkit.Postgres(t), testkit.NATSURL(t)
	return &place{t, dsn, url, testkit.Connect(t, url), testkit.Store(t, dsn)}
}

func (p *place) exporter() *exporter.Exporter { return exporter.New(p.bus, testkit.Reader(p.T, p.dsn)) }

// archive stores events as a relay's, without telling anybody.
func (p *place) archive(url string, events ...event.Event) {
	p.Helper()
	for len(events) > 0 {
		n := min(len(events), 1000)
		page := &ingest.Page{Parts: 1, Relay: url, Filter: "{}", Since: 1, SeenAt: noon, Events: wire(events[:n])}
		if _, err := p.store.Write(p.Context(), []*ingest.Batch{{Pages: []*ingest.Page{page}}}, store.WriteOptions{}); err != nil {
			p.Fatal(err)
		}
		events = events[n:]
	}
}

func wire(events []event.Event) (out []*ingest.Event) {
	for _, e := range events {
		out = append(out, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	return out
}

// signed makes n events, an hour apart.
func signed(n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(int64(1_700_000_000+3600*i), uint16(1+i%3), [][]string{{"t", fmt.Sprint("tag", i%5)}}, fmt.Sprint("event ", i))
	}
	return events
}

// tell publishes events on EVENTS, as the writer does after its commit.
func (p *place) tell(ctx context.Context, events ...event.Event) error {
	var messages []bus.Message
	for _, e := range events {
		messages = append(messages, bus.Message{Subject: subject.Event(e.Kind, e.PubKey), Body: e.AppendJSON(nil)})
	}
	return p.bus.PublishAll(ctx, messages)
}

func (p *place) expect(what string, got, want any) {
	p.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (p *place) path(name string) string { return filepath.Join(p.TempDir(), name) }

// lines reads a file of lines, each once.
func (p *place) lines(path string) map[string]int {
	p.Helper()
	in, err := dump.Open(path, nil)
	if err != nil {
		p.Fatal(err)
	}
	defer in.Close()
	lines := map[string]int{}
	for r := dump.ReadLines(in, 0, 0); ; {
		line, err := r.Next()
		if err != nil {
			return lines
		}
		lines[string(line.Text)]++
	}
}

// beside runs something until stop is called, which waits for it.
func beside(do func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { do(ctx) })
	return func() { cancel(); running.Wait() }
}
