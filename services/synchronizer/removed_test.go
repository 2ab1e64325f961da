package synchronizer

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestWhatWasTakenDownIsNotBroughtAgain takes an author and an event down and walks a relay again that still serves
// them, page by page and by ids, with the memory of the process and without: nothing of them is archived, no signature is
// checked, and the coverage stays whole.
func TestWhatWasTakenDownIsNotBroughtAgain(t *testing.T) {
	for name, manners := range map[string]simrelay.Manners{"pages": {}, "ids": {Negentropy: true}} {
		t.Run(name, func(t *testing.T) {
			bad, good := event.GenerateKey(), old(30)
			var theirs []event.Event
			for i := range 20 {
				theirs = append(theirs, bad.Sign(1_700_000_003+int64(i)*7, 1, nil, itoa(i)))
			}
			p := pipe(t, manners, slices.Concat(good, theirs), "SYNC_LIVE", "false")
			p.turn()
			if p.archived() != 50 {
				t.Fatalf("got %d sightings, want all", p.archived())
			}
			p.takeDown(store.Takedown{Target: bad.PubKey(), Author: true}, store.Takedown{Target: good[0].ID})
			p.nothingOf(theirs, 29)
			p.age(2)
			p.turn()
			p.nothingOf(theirs, 29)
			p.stop()
			p.age(4)
			p.start("SYNC_LIVE", "false")
			before := testutil.ToFloat64(signaturesChecked)
			if visit := p.turn(); visit.Outcome != outcomeDone || visit.Fresh != 0 {
				t.Errorf("got %+v, want a visit that brought nothing new", visit)
			}
			if n := testutil.ToFloat64(signaturesChecked) - before; n != 0 {
				t.Errorf("signatures checked in a walk of known and removed events: got %v, want none", n)
			}
			p.nothingOf(theirs, 29)
			if n := testkit.Number(t, p.dsn, "SELECT count(*) FROM coverage, unnest(intervals) i WHERE proof < 5 AND i @> $1::bigint", theirs[5].CreatedAt); n == 0 {
				t.Error("got no proof of the interval in which events were removed, want it kept")
			}
		})
	}
}

// takeDown removes something, as the command line does.
func (p *pipeline) takeDown(acts ...store.Takedown) {
	p.t.Helper()
	eraser := testkit.Eraser(p.t, p.dsn)
	for _, act := range acts {
		act.Reason, act.By, act.At = "test", "test", time.Now()
		if err := eraser.EnterTakedown(p.t.Context(), act); err != nil {
			p.t.Fatal(err)
		}
	}
	due, err := eraser.Due(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, reach := range due {
		if _, err := eraser.Erase(p.t.Context(), reach); err != nil {
			p.t.Fatal(err)
		}
		if err := eraser.Settle(p.t.Context(), reach); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *pipeline) nothingOf(events []event.Event, left int64) {
	p.t.Helper()
	if n := testkit.Number(p.t, p.dsn, "SELECT count(*) FROM event WHERE pubkey = $1", events[0].PubKey[:]); n != 0 {
		p.t.Errorf("got %d events of an author who was taken down, want none", n)
	}
	if p.archived() != left {
		p.t.Errorf("got %d sightings, want %d", p.archived(), left)
	}
}
