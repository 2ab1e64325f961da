package finder

import (
	"context"
	"net/netip"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
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

		Denied: func(u relay.URL) bool { return u.Host() == "later.optout.com" },
	}
	closed = relay.Options{}
)

// world is a finder with the real broker and archive around it.
type world struct {
	*Finder
	t     *testing.T
	store *store.Store
}

var roomy = Config{Sources: sourcesNone, NIP05: true, MaxPerDomain: 50, MaxPerDay: 20_000}

func newWorld(t *testing.T, cfg Config) *world { return newWorldOn(t, cfg, testkit.NATS(t)) }

// newFullWorld is a world in which INGEST takes nothing.
func newFullWorld(t *testing.T, cfg Config) *world { return newWorldOn(t, cfg, testkit.FullNATS(t)) }

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

// write is the writer beside the finder.
func (w *world) write(ctx context.Context) error { return testkit.Write(ctx, w.bus, w.store) }

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	testkit.Until(w.t, what, holds)
}

func (w *world) messages(stream string) int {
	w.t.Helper()
	return testkit.Messages(w.t, w.bus, stream)
}

// inject publishes a body as people do.
func (w *world) inject(subject, body string) {
	w.t.Helper()
	if err := w.bus.Publish(w.t.Context(), bus.Message{Subject: subject, Body: []byte(body)}); err != nil {
		w.t.Fatal(err)
	}
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
