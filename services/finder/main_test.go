package finder

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
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var (
	netconfMain = netconf.Config{Vantage: "main"}
	local       = relay.Options{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Deny:  relay.Denylist{Hosts: map[string]bool{"denied.optout.com": true}},
	}
	closed = relay.Options{}
)

// world is a finder with the real broker and archive around it.
type world struct {
	*Finder
	t     *testing.T
	store *store.Store
}

var roomy = Config{Sources: sourcesNone, MaxPerDomain: 50, MaxPerDay: 20_000}

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
	f := New(cfg, netconfMain, local, b, s, testkit.Log(t))
	return &world{Finder: f, t: t, store: s}
}

// run starts work of which the end is awaited when the test ends.
func (w *world) run(work func(context.Context) error) {
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	})
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

// inject publishes a body as people do.
func (w *world) inject(subject, body string) {
	w.t.Helper()
	if err := w.bus.Publish(w.t.Context(), bus.Message{Subject: subject, Body: []byte(body)}); err != nil {
		w.t.Fatal(err)
	}
}

// until waits for a condition to hold.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: did not come to hold in 30 s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
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
	w.t.Fatalf("no stream %s", stream)
	return 0
}

// settled waits until the intake and the writer have nothing left.
func (w *world) settled() {
	w.t.Helper()
	w.until("FOUND and INGEST are empty", func() bool {
		return w.messages(subject.StreamFound) == 0 && w.messages(subject.StreamIngest) == 0
	})
}

func (w *world) known(urls ...string) map[string]store.Known {
	w.t.Helper()
	rows, err := w.store.KnownURLs(w.t.Context(), urls)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

func (w *world) tasks() map[string]struct{} {
	w.t.Helper()
	tokens, err := w.bus.Balls(w.t.Context(), subject.JobValidate)
	if err != nil {
		w.t.Fatal(err)
	}
	return tokens
}

func (w *world) archive(batch *ingest.Batch) {
	w.t.Helper()
	if _, err := w.store.Write(w.t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) intakeAndWriter() {
	w.run(w.write)
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerIntake, intakeLimits, w.intake)
	})
}
