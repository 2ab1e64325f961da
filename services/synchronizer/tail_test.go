package synchronizer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// batchOf takes one batch off INGEST.
func batchOf(t *testing.T, b *bus.Bus) *ingest.Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	var got *ingest.Batch
	err := b.Batches(ctx, subject.ConsumerWriter, bus.Limits{Messages: 1, Wait: time.Second}, func(_ context.Context, d []*bus.Delivery) (err error) {
		got, err = ingest.Decode(d[0].Body)
		cancel()
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) || got == nil {
		t.Fatalf("got no batch: %v", err)
	}
	return got
}

// TestTailHandsOverTogether: what several relays send within a moment travels in one message, each
// body once, and a forged copy is nobody's sighting.
func TestTailHandsOverTogether(t *testing.T) {
	s := &Synchronizer{cfg: Config{LiveWait: time.Hour}, network: netconf.Config{Vantage: "test"}, bus: testkit.NATS(t), log: testkit.Log(t)}
	s.verifier = newVerifier(func(context.Context, []event.ID) (map[event.ID][64]byte, error) { return nil, nil })
	tail := newTail(s)
	key := event.GenerateKey()
	shared, own := key.Sign(1, 1, nil, "shared"), key.Sign(2, 1, nil, "own")
	forged := shared
	forged.Sig[5] ^= 1
	from := func(url relay.URL) *session { return &session{Synchronizer: s, url: url} }
	a, b, c := from("wss://a.example"), from("wss://b.example"), from("wss://c.example")
	for _, next := range []arrival{{a, shared, time.Now(), 0}, {b, shared, time.Now(), 0}, {b, own, time.Now(), 0}, {c, forged, time.Now(), 0}} {
		tail.arrivals <- next
	}
	done := make(chan struct{})
	go func() { tail.run(t.Context()); close(done) }()
	testkit.Until(t, "all is gathered", func() bool { return len(tail.arrivals) == 0 })
	close(tail.stop)
	<-done
	batch := batchOf(t, s.bus)
	if len(batch.Pages) != 2 {
		t.Fatalf("got %d pages, want one of each honest relay", len(batch.Pages))
	}
	bodies, known := 0, 0
	for _, page := range batch.Pages {
		if page.Proof != ingest.Proof_PROOF_NONE || page.Since <= page.Until {
			t.Errorf("got proof %s of [%d,%d], want none", page.Proof, page.Since, page.Until)
		}
		bodies, known = bodies+len(page.Events), known+len(page.KnownIds)/32
	}
	if bodies != 2 || known != 1 {
		t.Errorf("got %d bodies and %d known ids, want 2 and 1", bodies, known)
	}
	if i := slices.IndexFunc(batch.Pages, func(p *ingest.Page) bool { return p.Relay == "wss://c.example" }); i >= 0 {
		t.Error("got a sighting of a forged copy")
	}
	if a.live.heard.Load() != 1 || b.live.heard.Load() != 2 || c.live.heard.Load() != 0 {
		t.Errorf("got %d, %d and %d events heard, want 1, 2 and 0", a.live.heard.Load(), b.live.heard.Load(), c.live.heard.Load())
	}
}

// TestTailSaysItsLastWords: what was heard before the stop is handed over.
func TestTailSaysItsLastWords(t *testing.T) {
	s := &Synchronizer{cfg: Config{LiveWait: time.Hour}, network: netconf.Config{Vantage: "test"}, bus: testkit.NATS(t), log: testkit.Log(t)}
	s.verifier = newVerifier(func(ctx context.Context, _ []event.ID) (map[event.ID][64]byte, error) { return nil, ctx.Err() })
	tail := newTail(s)
	x := &session{Synchronizer: s, url: "wss://a.example"}
	for i := range 3 {
		tail.arrivals <- arrival{x, event.GenerateKey().Sign(int64(i), 1, nil, ""), time.Now(), 0}
	}
	close(tail.stop)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tail.run(ctx)
	events := 0
	for events < 3 {
		for _, page := range batchOf(t, s.bus).Pages {
			events += len(page.Events)
		}
	}
}

// TestTailWaitsForTheArchive: live events are not given up while Postgres is away for a moment, and what waits is bounded
// in bytes.
func TestTailWaitsForTheArchive(t *testing.T) {
	s := &Synchronizer{cfg: Config{LiveWait: time.Millisecond}, network: netconf.Config{Vantage: "test"}, bus: testkit.NATS(t), log: testkit.Log(t)}
	failures := 3
	s.verifier = newVerifier(func(context.Context, []event.ID) (map[event.ID][64]byte, error) {
		if failures--; failures >= 0 {
			return nil, errors.New("the archive is away")
		}
		return nil, nil
	})
	tail := newTail(s)
	x := &session{Synchronizer: s, url: "wss://a.example"}
	tail.offer(t.Context(), arrival{x, event.GenerateKey().Sign(1, 1, nil, ""), time.Now(), tailBytes})
	full, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	tail.offer(full, arrival{x, event.GenerateKey().Sign(2, 1, nil, "no room"), time.Now(), 1})
	if got := len(tail.arrivals); got != 1 {
		t.Errorf("got %d events waiting, want 1", got)
	}
	close(tail.stop)
	tail.run(t.Context())
	if failures >= 0 {
		t.Fatalf("got %d failures left, want none", failures+1)
	}
	if got := len(batchOf(t, s.bus).Pages); got != 1 {
		t.Errorf("got %d pages, want one", got)
	}
	if !tail.room.TryAcquire(tailBytes) {
		t.Error("got no room after the hand-over, want all of it")
	}
}
