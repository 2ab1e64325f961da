package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestUntilThatBecameExclusive: a relay leaves the second out that a page was cut in, although it did not when it was
// probed. No second is proven that was not served.
func TestUntilThatBecameExclusive(t *testing.T) {
	var events []event.Event
	for i := range 40 {
		events = append(events, crowd(1_700_000_000+int64(i)*9, 7, 0)...)
	}
	for name, manners := range map[string]simrelay.Manners{
		"newest first": {UntilExclusive: true, Cap: 50}, "oldest first": {SinceExclusive: true, Order: simrelay.OldestFirst, Cap: 50},
	} {
		t.Run(name, func(t *testing.T) {
			w, record, _ := start(t, manners, events)
			w.manners = mannersFrom(&ingest.Manners{Order: orderNewest})
			if manners.Order == simrelay.OldestFirst {
				w.manners.order = orderOldest
			}
			before := *w.manners
			if err := w.walk(t.Context(), []Interval{{Since: 0, Until: time.Now().Unix()}}); err != nil {
				t.Fatalf("walk: %v", err)
			}
			if len(record.have) != len(events) {
				t.Errorf("got %d events, want %d", len(record.have), len(events))
			}
			if !w.manners.contradict(&before) {
				t.Error("got no contradiction to the manners, want one")
			}
		})
	}
}

// TestFilterThatMatchesNothing: what the probe saw says nothing of a filter that does not select it.
func TestFilterThatMatchesNothing(t *testing.T) {
	w, record, _ := start(t, simrelay.Manners{}, old(50))
	now := time.Now()
	var err error
	if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
		t.Fatalf("probe: %v", err)
	}
	w.filter, record.truth = event.Filter{Kinds: []uint16{7}}, nil
	whole := Interval{Since: 0, Until: now.Unix()}
	if err := w.walk(t.Context(), []Interval{whole}); err != nil || !slices.Equal(record.proven, []Interval{whole}) {
		t.Errorf("got %v and %v proven, want %v", err, record.proven, whole)
	}
}

// TestCountThatIsCut: COUNT that says no more than an answer holds does not prove an overfull second.
func TestCountThatIsCut(t *testing.T) {
	var events []event.Event
	for range 150 {
		events = append(events, event.GenerateKey().Sign(1_700_000_000, 1, nil, ""))
	}
	w, record, sim := start(t, simrelay.Manners{Cap: 100, LieCount: 100.0 / 150}, events)
	w.manners = mannersFrom(&ingest.Manners{Order: orderNewest, Counts: true})
	if err := w.walk(t.Context(), []Interval{{Since: 0, Until: time.Now().Unix()}}); err != nil {
		t.Fatalf("walk: %v", err)
	}
	if sim.Ledger().Faults()[simrelay.FaultLieCount] == 0 {
		t.Error("got no COUNT that was cut")
	}
	if want := (Interval{Since: 1_700_000_000, Until: 1_700_000_000}); len(record.cut) != 1 || record.cut[0] != want {
		t.Errorf("got %v recorded as cut, want %v", record.cut, want)
	}
}

// TestDroppedFromAnOverfullSecond: what a relay lacks of a second that is asked for in parts is named.
func TestDroppedFromAnOverfullSecond(t *testing.T) {
	var events []event.Event
	for i, key := 0, event.GenerateKey(); i < 150; i++ {
		events = append(events, key.Sign(1_700_000_000, uint16(1000+i), nil, ""))
	}
	p := pipe(t, simrelay.Manners{Cap: 100}, append(events, old(150)[1:]...), "SYNC_LIVE", "false")
	p.turn()
	p.relay.Remove(events[7].ID)
	p.age(2)
	p.turn()
	p.checkMissing(events[7:8])
}

// TestAnEmptyRelayDropsNothing: a relay that shows nothing at all, as one does whose database failed, has dropped nothing.
func TestAnEmptyRelayDropsNothing(t *testing.T) {
	for name, manners := range map[string]simrelay.Manners{"hints": {FinishHint: true, Cap: 50}, "reconciles": {Negentropy: true, Cap: 50}} {
		t.Run(name, func(t *testing.T) {
			events := old(120)
			p := pipe(t, manners, events, "SYNC_LIVE", "false")
			p.turn()
			for _, e := range events {
				p.relay.Remove(e.ID)
			}
			p.age(2)
			p.turn()
			p.checkMissing(nil)
		})
	}
}

// TestLargeEventsAreFetchedInFewerAtOnce: lists of ids whose events are too large to be held together do not end a walk.
func TestLargeEventsAreFetchedInFewerAtOnce(t *testing.T) {
	var events []event.Event
	for i, key := 0, event.GenerateKey(); i < 300; i++ {
		events = append(events, key.Sign(1_700_000_000+int64(i), 1, nil, fmt.Sprint(i, strings.Repeat("x", 40<<10))))
	}
	p := pipe(t, simrelay.Manners{Negentropy: true}, old(20), "SYNC_LIVE", "false")
	p.turn()
	p.relay.Add(events...)
	p.age(2)
	if visit := p.turn(); visit.Outcome != outcomeDone || visit.Late != 300 {
		t.Errorf("got %+v, want 300 late events", visit)
	}
	if n := testkit.Number(t, p.dsn, "SELECT count(*) FROM manners WHERE negentropy"); n != 1 {
		t.Error("got a relay that does not reconcile any more")
	}
}

// TestOfferOfTheNewestAlone: a relay that reconciles no more than its newest events is seen through also where the archive
// holds nothing of what it leaves out.
func TestOfferOfTheNewestAlone(t *testing.T) {
	events := old(900)
	p := pipe(t, simrelay.Manners{Negentropy: true, NegentropyNewest: 600, Cap: 250}, events[890:], "SYNC_LIVE", "false")
	p.turn()
	p.relay.Add(events[:890]...)
	p.age(2)
	if visit := p.turn(); p.archived() != 900 || visit.Missing > 0 {
		t.Errorf("got %d sightings in %+v, want 900 and none missing", p.archived(), visit)
	}
	if p.relay.Ledger().Faults()[simrelay.FaultNegNewest] == 0 {
		t.Error("got no offer that was cut")
	}
}

// TestWhoOptsOutIsLeft: a relay that opts out is asked nothing more over a connection that stands, and is not followed on.
func TestWhoOptsOutIsLeft(t *testing.T) {
	w, _, _ := start(t, simrelay.Manners{}, old(20))
	b := testkit.NATS(t)
	g := gate(netconf.Config{}, b, testkit.Log(t))
	x := &session{Synchronizer: &Synchronizer{budget: g}, url: w.url, asker: w.asker, policy: policy{CheckTimeout: time.Second}}
	w.manners, w.denied = mannersFrom(&ingest.Manners{Order: orderNewest}), func() bool { return g.Denied(w.url) }
	everything := []Interval{{Since: 0, Until: time.Now().Unix()}}
	if err := w.walk(t.Context(), everything); err != nil {
		t.Fatalf("walk: %v", err)
	}
	x.lookAfter(t.Context())
	if w.conn == nil {
		t.Fatal("got no connection, want the one of the walk")
	}
	if err := budget.PublishOptOuts(t.Context(), b, []string{string(w.url)}); err != nil {
		t.Fatal(err)
	}
	watching, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- g.Run(watching) }()
	testkit.Until(t, "the opt-out to be known", func() bool { return g.Denied(w.url) })
	stop()
	<-done
	x.lookAfter(t.Context())
	if w.conn != nil {
		t.Error("got a connection, want none to a relay that opted out")
	}
	x.lookAfter(t.Context()) // once more without a connection
	if err := w.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := w.requests
	failure, _ := errors.AsType[*relay.Error](w.walk(t.Context(), everything))
	if failure == nil || failure.Class != relay.ClassDenied || w.requests != before {
		t.Errorf("got %v after %d requests, want a denial and none", failure, w.requests-before)
	}
}

// TestLiveForgersAreLeft: a relay whose live events spoil what all relays bring is not followed on.
func TestLiveForgersAreLeft(t *testing.T) {
	w, _, _ := start(t, simrelay.Manners{}, nil)
	x := &session{Synchronizer: &Synchronizer{}, url: w.url, asker: w.asker, policy: policy{CheckTimeout: time.Second, Live: true}}
	x.live.slot = make(chan struct{}, 1)
	x.live.slot <- struct{}{}
	for _, forged := range []int64{maxForged, 1} {
		if err := w.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x.live.forged.Add(forged); forged == maxForged {
			x.lookAfter(t.Context())
			if !x.following() || w.conn == nil {
				t.Fatal("got a relay left too early")
			}
		}
	}
	x.lookAfter(t.Context())
	if x.following() || x.policy.Live || w.conn != nil {
		t.Errorf("got a forger that is followed on: %t, %t", x.following(), x.policy.Live)
	}
}
