package synchronizer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestContradictedMannersAreForgotten: what a turn learned against the stored manners outlives the
// turn, also when those were probed a moment ago.
func TestContradictedMannersAreForgotten(t *testing.T) {
	const url = "wss://relay.example.org"
	b, dsn := testkit.NATS(t), testkit.Postgres(t)
	archive := testkit.Store(t, dsn)
	probed := &ingest.Manners{Relay: url, Vantage: "test", ProbedAt: time.Now().Unix(), Order: orderNewest, Cap: 500}
	write := func(batch *ingest.Batch) {
		if _, err := archive.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	write(&ingest.Batch{Manners: []*ingest.Manners{probed}})

	s := &Synchronizer{cfg: Config{MannersAge: 7 * 24 * time.Hour}, network: netconf.Config{Vantage: "test"}, bus: b, store: testkit.Reader(t, dsn), log: testkit.Log(t)}
	a := &asker{url: relay.URL(url), manners: mannersFrom(probed)}
	a.manners.order = orderNone
	if err := s.remember(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	err := b.Batches(ctx, subject.ConsumerWriter, bus.Limits{Messages: 1, Wait: time.Second}, func(_ context.Context, d []*bus.Delivery) error {
		batch, err := ingest.Decode(d[0].Body)
		if err != nil {
			t.Error(err)
			return nil
		}
		write(batch)
		cancel()
		return nil
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := s.learn(t.Context(), a, event.Filter{}); err != nil {
		t.Fatal(err)
	}
	if a.manners.order != orderNone {
		t.Errorf("got order %q for the next turn, want none", a.manners.order)
	}
	if trusted := s.cfg.trust(orderNone); trusted > time.Hour {
		t.Errorf("got manners without an order trusted for %s, want at most an hour", trusted)
	}
}
