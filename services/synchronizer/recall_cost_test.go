package synchronizer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// TestCostOfAWalk: the pages of 30,000 growth-shaped events are asked for once, probing included, and comparing ids again
// costs next to nothing. BenchmarkCostOfAWalk has ten times as many.
func TestCostOfAWalk(t *testing.T) {
	cost := measureCost(t, 30_000, 100)
	t.Logf("%+v", cost)
	cost.check(t)
}

// BenchmarkCostOfAWalk is the cost of a walk of 300,000 growth-shaped events in pages of 500: go test -bench CostOfAWalk -benchtime 1x
func BenchmarkCostOfAWalk(b *testing.B) {
	for b.Loop() {
		cost := measureCost(b, 300_000, 500)
		cost.check(b)
		b.ReportMetric(float64(cost.Requests), "requests")
		b.ReportMetric(float64(cost.Ideal), "ideal-requests")
		b.ReportMetric(cost.requests(), "requests/ideal")
		b.ReportMetric(cost.bytes(), "bytes/event-byte")
		b.ReportMetric(cost.again(), "again/REQ-again")
		b.ReportMetric(0, "ns/op") // how long it takes is not measured here
	}
}

// walkCost is what walking a relay took. Bytes are all that it sent.
type walkCost struct {
	Requests, Ideal   int
	Bytes, EventBytes int64
	PagesAgain        int64 // bytes of walking it again by pages
	IDsAgain          int64 // and by comparing ids, in both directions
}

func (c walkCost) requests() float64 { return float64(c.Requests) / float64(c.Ideal) }
func (c walkCost) bytes() float64    { return float64(c.Bytes) / float64(c.EventBytes) }
func (c walkCost) again() float64    { return float64(c.IDsAgain) / float64(c.PagesAgain) }

func (c walkCost) check(t testing.TB) {
	t.Helper()
	if got := c.requests(); got > 1.1 {
		t.Errorf("got %.3f times the ideal number of requests, want at most 1.1: %+v", got, c)
	}
	if got := c.bytes(); got > 1.05 {
		t.Errorf("got %.3f times the bytes of the events, want at most 1.05: %+v", got, c)
	}
	if got := c.again(); got > 0.03 {
		t.Errorf("got %.4f of the bytes of a walk by pages, want at most 0.03: %+v", got, c)
	}
}

// measureCost walks a relay of n events three times: for the first time, again by pages, and again by ids.
func measureCost(t testing.TB, n, limit int) (cost walkCost) {
	t.Helper()
	events := grown(n)
	cost.Ideal = (n + limit - 1) / limit
	for i := range events {
		cost.EventBytes += int64(len(events[i].AppendJSON(nil)))
	}
	sim := simrelay.New("growth", simrelay.Manners{Negentropy: true}, events)
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	defer sim.Stop()
	shelf := &shelf{t: t, truth: sim.Genuine(), have: map[event.ID]int64{}}
	w := costWalker(t, sim, shelf, limit)
	defer w.hangUp()
	now := time.Now()
	var err error
	if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
		t.Fatal(err)
	}
	if !w.manners.negentropy {
		t.Fatal("got a relay that does not reconcile, want one that does")
	}
	spent := func() simrelay.Totals {
		t.Helper()
		if err := w.walk(t.Context(), []Interval{{Since: 0, Until: now.Unix()}}); err != nil {
			t.Fatal(err)
		}
		if len(shelf.have) != n {
			t.Fatalf("got %d events, want %d", len(shelf.have), n)
		}
		return sim.Ledger().Totals()
	}
	first := spent()
	cost.Requests, cost.Bytes = first.Requests+first.NegIn, first.Bytes
	second := spent()
	cost.PagesAgain = second.Bytes - first.Bytes
	w.again = true
	third := spent()
	cost.IDsAgain = third.Bytes - second.Bytes + third.BytesIn - second.BytesIn
	// Beside the ids, each window is checked with a few events and a question for what may be older.
	if reqs, ids := third.Requests-second.Requests, third.NegIn-second.NegIn; ids == 0 || reqs > ids {
		t.Errorf("got %d REQs and %d messages of NIP-77, want ids and few REQs", reqs, ids)
	}
	return cost
}

func costWalker(t testing.TB, sim *simrelay.Relay, p prover, limit int) *walker {
	t.Helper()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	url, err := relay.Parser{Allow: loopback}.Parse(sim.URL())
	if err != nil {
		t.Fatal(err)
	}
	return &walker{
		asker: &asker{
			dialer: relay.NewDialer(relay.Options{Allow: loopback}), url: url, limit: limit,
			dialing: 10 * time.Second, idle: 30 * time.Second, longest: time.Minute, pace: rate.NewLimiter(rate.Inf, 1),
		},
		prove: p, authors: map[event.PubKey]struct{}{}, deadline: time.Now().Add(time.Hour), visit: &ingest.Visit{},
	}
}

// grown makes n events whose number grows with time as that of the world does, with its contents and right ids, but
// without right signatures: a walk does not look at them.
func grown(n int) []event.Event {
	models := world().Events
	first, last := models[0].CreatedAt, models[len(models)-1].CreatedAt
	events := make([]event.Event, n)
	var making sync.WaitGroup
	for part := range 4 {
		making.Go(func() {
			for i := part; i < n; i += 4 {
				share := math.Pow(float64(i)/float64(n), 1/2.5)
				events[i] = redated(models[i%len(models)], first+int64(share*float64(last-first)))
			}
		})
	}
	making.Wait()
	return events
}

// redated is an event with another created_at and the id of that.
func redated(e event.Event, at int64) event.Event {
	e.CreatedAt = at
	e.ID = sha256.Sum256(fmt.Appendf(nil, `[0,"%s",%d,%d,%s,%s]`, e.PubKey, at, e.Kind, e.Tags, e.Content))
	return e
}

// shelf is an archive that keeps ids alone.
type shelf struct {
	t     testing.TB
	truth map[event.ID]int64
	have  map[event.ID]int64
}

func (s *shelf) prove(_ context.Context, a *answer, _ Interval, proof ingest.Proof) error {
	if proof == ingest.Proof_PROOF_TRUNCATED {
		s.t.Error("got a stretch that is cut, want none")
	}
	for i := range a.events {
		if id := a.events[i].ID; s.truth[id] == a.events[i].CreatedAt {
			s.have[id] = a.events[i].CreatedAt
		}
	}
	return nil
}

func (s *shelf) held(_ context.Context, iv Interval) (held []store.Held, err error) {
	for id, at := range s.have {
		if iv.Since <= at && at <= iv.Until {
			held = append(held, store.Held{ID: id, CreatedAt: at})
		}
	}
	if len(held) > maxHeld {
		return nil, errTooMany
	}
	return held, nil
}

func (s *shelf) archived(context.Context, []event.ID) (map[event.ID][64]byte, error) {
	return nil, nil
}

func (s *shelf) reconciled(_ context.Context, a *answer, _ Interval, _ []event.ID, missing []store.Held) error {
	for i := range a.events {
		if _, ok := s.have[a.events[i].ID]; !ok {
			s.t.Errorf("got new event %s of an unchanged relay", a.events[i].ID)
		}
	}
	if len(missing) > 0 {
		s.t.Errorf("got %d missing events on an unchanged relay, want none", len(missing))
	}
	return nil
}
