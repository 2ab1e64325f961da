package synchronizer

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// crowd makes n events of one second, each with a content of the size.
func crowd(at int64, n, size int) []event.Event {
	key := event.GenerateKey()
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(at, uint16(1+i%3), nil, fmt.Sprint(i, strings.Repeat("x", size)))
	}
	return events
}

// TestWalkOfOddRelaysIsComplete walks a part of the history of relays whose answers suggest more
// than they prove. The archive of the test fails on every proof that is ahead of its events.
func TestWalkOfOddRelaysIsComplete(t *testing.T) {
	events := world().Events // oldest first
	oldest, middle := events[0].CreatedAt, events[len(events)/2].CreatedAt
	tests := []struct {
		name    string
		manners simrelay.Manners
		events  []event.Event
		since   int64
		cut     bool
	}{
		{"the newest, oldest of them first", simrelay.Manners{Order: simrelay.NewestReversed, Cap: 200}, events, 0, false},
		{"oldest first, and the first second fills an answer",
			simrelay.Manners{Order: simrelay.OldestFirst, Cap: 100}, append(crowd(oldest-1000, 150, 0), events...), 0, false},
		{"strays behind the answers to the newer half",
			simrelay.Manners{OutsideFilter: 3, Cap: 100}, events, middle, false},
		{"ignores since in the newer half", simrelay.Manners{IgnoreSince: true, Cap: 100}, events, middle, false},
		{"an event of 1970 and since is exclusive",
			simrelay.Manners{SinceExclusive: true, Cap: 200}, append(crowd(0, 1, 0), events...), 0, false},
		{"a second that is too large to be held",
			simrelay.Manners{}, append(crowd(middle, 100, 60<<10), events...), 0, false},
		{"nothing to say for a moment", simrelay.Manners{EmptyEvery: 7, Cap: 100}, events, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, record, _ := start(t, test.manners, test.events)
			now := time.Now()
			var err error
			if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
				t.Fatalf("probe: %v", err)
			}
			whole := Interval{Since: test.since, Until: now.Unix()}
			if err := w.walk(t.Context(), []Interval{whole}); err != nil {
				t.Fatalf("walk: %v", err)
			}
			if holes := without(whole, append(record.proven, record.cut...)); len(holes) > 0 {
				t.Errorf("got holes %v, want the whole interval covered or recorded as cut", holes)
			}
			if len(record.cut) > 0 != test.cut {
				t.Errorf("got %v recorded as cut, want some: %t", record.cut, test.cut)
			}
			for id, at := range record.truth {
				if _, ok := record.have[id]; !ok && at >= test.since {
					t.Fatalf("event of %d is missing", at)
				}
			}
			t.Logf("%d of %d events, order %s, %d requests, cut %v", len(record.have), len(record.truth), w.manners.order, w.requests, record.cut)
		})
	}
}

// TestOverfullSeconds: seconds that are too large for one answer, or for one turn, cost themselves
// alone, whatever a stranger put there.
func TestOverfullSeconds(t *testing.T) {
	at := world().Events[700].CreatedAt
	var kinds []event.Event
	for key, i := event.GenerateKey(), 0; i < 900; i++ {
		kinds = append(kinds, key.Sign(at, uint16(1000+i), nil, ""))
	}
	tests := []struct {
		name     string
		events   []event.Event
		turn     time.Duration
		cut      bool
		requests int
	}{
		{"more than an answer may hold", crowd(at, 100, 60<<10), time.Minute, false, 100},
		{"more of one kind and author than an answer may hold", crowd(at, 300, 60<<10), time.Minute, true, 200},
		{"a kind for each event", kinds, time.Minute, false, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, record, _ := start(t, simrelay.Manners{Cap: 300}, append(test.events, world().Events...))
			w.manners, w.deadline = mannersFrom(&ingest.Manners{Order: orderNewest}), time.Now().Add(test.turn)
			whole := Interval{Since: 0, Until: time.Now().Unix()}
			if err := w.walk(t.Context(), []Interval{whole}); err != nil {
				t.Fatalf("walk: %v", err)
			}
			if holes := without(whole, append(record.proven, record.cut...)); len(holes) > 0 {
				t.Errorf("got holes %v", holes)
			}
			if len(record.cut) > 0 != test.cut || test.cut && record.cut[0] != (Interval{Since: at, Until: at}) {
				t.Errorf("got %v recorded as cut, want second %d: %t", record.cut, at, test.cut)
			}
			if w.requests > test.requests {
				t.Errorf("got %d requests, want at most %d", w.requests, test.requests)
			}
			for id, second := range record.truth {
				if _, ok := record.have[id]; !ok && second != at {
					t.Errorf("event of %d is missing", second)
				}
			}
			t.Logf("%d of %d events, %d requests", len(record.have), len(record.truth), w.requests)
		})
	}
}

// TestSecondOutlivesTheTurn: a second that needs longer than a turn is finished, or every turn
// would begin it anew.
func TestSecondOutlivesTheTurn(t *testing.T) {
	at := world().Events[0].CreatedAt
	w, record, _ := start(t, simrelay.Manners{Cap: 50, Delay: 100 * time.Millisecond}, crowd(at, 120, 0))
	w.manners, w.deadline = mannersFrom(&ingest.Manners{Order: orderNewest}), time.Now().Add(1500*time.Millisecond)
	if err := w.walk(t.Context(), []Interval{{Since: at, Until: at}}); err != nil {
		t.Fatalf("walk: %v", err)
	}
	if len(record.have) != 120 || len(record.proven) != 1 {
		t.Errorf("got %d of 120 events, %v proven", len(record.have), record.proven)
	}
}

// TestCapThatFell: a relay that sends less at once than it used to must not make a second look whole.
func TestCapThatFell(t *testing.T) {
	for _, most := range []int{100, 10} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			newer := world().Events[:5] // oldest first
			at := newer[0].CreatedAt - 1
			w, record, _ := start(t, simrelay.Manners{Cap: most}, append(crowd(at, 4*most, 0), newer...))
			w.manners = mannersFrom(&ingest.Manners{Order: orderNewest, Cap: 500})
			if err := w.walk(t.Context(), []Interval{{Since: 0, Until: time.Now().Unix()}}); err != nil {
				t.Fatalf("walk: %v", err)
			}
			t.Logf("%d of %d events, cut %v, %d requests", len(record.have), len(record.truth), record.cut, w.requests)
		})
	}
}

// TestSlowAnswerEnds: a relay that sends a frame just often enough holds no slot for ever.
func TestSlowAnswerEnds(t *testing.T) {
	w, _, _ := start(t, simrelay.Manners{FrameDelay: 100 * time.Millisecond}, world().Events[:300])
	w.tries, w.longest = 0, time.Second
	began := time.Now()
	_, err := probe(context.WithoutCancel(t.Context()), w.asker, began)
	if outcome, reason, ours := judge(err); outcome != outcomeFailed || reason != "timeout" || ours {
		t.Errorf("got %q, %q, ours %t from %v, want a timeout of the relay", outcome, reason, ours, err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("got an end after %s, want it long before the 30 s of the whole answer", took)
	}
}

// TestWalkWithoutOrderGoesAroundAGiant is TestWalkGoesAroundAGiant by halves.
func TestWalkWithoutOrderGoesAroundAGiant(t *testing.T) {
	w, record, sim := start(t, simrelay.Manners{Order: simrelay.RandomOrder, Cap: 200}, world().Events[:600])
	at := world().Events[300].CreatedAt + 1
	giant := event.GenerateKey().Sign(at, 1, nil, "giant")
	raw := fmt.Appendf(nil, `{"padding":%q,%s`, strings.Repeat("x", 1<<20+1000), giant.AppendJSON(nil)[1:])
	sim.AddRaw(simrelay.Raw{ID: giant.ID, CreatedAt: at, JSON: raw})
	w.manners = mannersFrom(&ingest.Manners{Order: orderNone})
	whole := Interval{Since: 0, Until: time.Now().Unix()}
	if err := w.walk(t.Context(), []Interval{whole}); err != nil {
		t.Fatalf("walk: %v", err)
	}
	if holes := without(whole, append(record.proven, record.cut...)); len(holes) > 0 {
		t.Errorf("got holes %v", holes)
	}
	for id, second := range record.truth {
		if _, ok := record.have[id]; !ok && second != at {
			t.Errorf("event of %d is missing, the giant is at %d", second, at)
		}
	}
	t.Logf("cut %v, %d requests", record.cut, w.requests)
}

// TestGiantInAnOverfullSecond: the frame that is too large lies in a second that is too large, too.
func TestGiantInAnOverfullSecond(t *testing.T) {
	at := world().Events[300].CreatedAt + 1
	w, record, sim := start(t, simrelay.Manners{Ties: simrelay.TiesIDAscending}, append(crowd(at, 200, 40<<10), world().Events[:600]...))
	giant := event.GenerateKey().Sign(at, 1, nil, "giant")
	raw := fmt.Appendf(nil, `{"padding":%q,%s`, strings.Repeat("x", 1<<20+1000), giant.AppendJSON(nil)[1:])
	last := event.ID(bytes.Repeat([]byte{0xff}, 32)) // behind what makes the whole second too large
	sim.AddRaw(simrelay.Raw{ID: last, CreatedAt: at, JSON: raw})
	w.manners = mannersFrom(&ingest.Manners{Order: orderNewest})
	whole := Interval{Since: 0, Until: time.Now().Unix()}
	if err := w.walk(t.Context(), []Interval{whole}); err != nil {
		t.Fatalf("walk: %v", err)
	}
	if holes := without(whole, append(record.proven, record.cut...)); len(holes) > 0 {
		t.Errorf("got holes %v", holes)
	}
	if len(record.cut) != 1 || record.cut[0] != (Interval{Since: at, Until: at}) {
		t.Errorf("got %v recorded as cut, want second %d", record.cut, at)
	}
	if len(record.have) < 700 {
		t.Errorf("got %d events, want the 600 others and most of the second's 200", len(record.have))
	}
	t.Logf("%d of %d events, %d requests", len(record.have), len(record.truth), w.requests)
}

// TestPatienceAskedForByNotice: a NOTICE is a refusal unless it asks for patience.
func TestPatienceAskedForByNotice(t *testing.T) {
	for prefix, want := range map[string]string{"rate-limited": outcomeFailed, "blocked": outcomeRefused, "error": outcomeRefused, "": outcomeRefused} {
		err := &relay.Error{Class: relay.ClassNotice, Prefix: prefix}
		if outcome, _, ours := judge(err); outcome != want || ours || transient(err) != (want == outcomeFailed) {
			t.Errorf("prefix %q: got %q, repeated %t, want %q", prefix, outcome, transient(err), want)
		}
	}
}

// TestTodoBeginsIn1970: an interval below 0 could be walked and never stored.
func TestTodoBeginsIn1970(t *testing.T) {
	if got := todo(nil, time.Unix(-5, 0), time.Unix(100, 0), time.Hour, nil).open; len(got) != 1 || got[0] != (Interval{Since: 0, Until: 100}) {
		t.Errorf("got %v, want [0,100]", got)
	}
}

// TestRelayThatForgets: a relay whose database fails during the walk answers nothing from then on,
// which does not prove that there is nothing.
func TestRelayThatForgets(t *testing.T) {
	for _, order := range []simrelay.Order{simrelay.NewestFirst, simrelay.OldestFirst} {
		for after := 3; after <= 5; after++ {
			w, record, _ := start(t, simrelay.Manners{Order: order, Cap: 200, EmptyAfter: after}, world().Events)
			now := time.Now()
			var err error
			if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
				t.Fatalf("probe: %v", err)
			}
			err = w.walk(t.Context(), []Interval{{Since: 0, Until: now.Unix()}})
			if outcome, reason, ours := judge(err); outcome != outcomeFailed || reason != reasonForgot || ours {
				t.Errorf("got %q, %q, ours %t from %v, want a failure of the relay", outcome, reason, ours, err)
			}
			if len(record.cut) > 0 {
				t.Errorf("got %v recorded as cut, want a later turn to ask again", record.cut)
			}
		}
	}
}

// TestRelayWithoutBoundsIsLeft: a relay that answers in no order and passes over since or until cannot be walked, and is not
// asked for every second since 1970.
func TestRelayWithoutBoundsIsLeft(t *testing.T) {
	for _, m := range []simrelay.Manners{
		{Order: simrelay.RandomOrder, Cap: 100, IgnoreSince: true, IgnoreUntil: true},
		{Order: simrelay.RandomOrder, Cap: 100, IgnoreSince: true},
		{Order: simrelay.RandomOrder, Cap: 100, IgnoreUntil: true},
	} {
		w, record, _ := start(t, m, world().Events)
		w.deadline = time.Now().Add(10 * time.Second)
		now := time.Now()
		var err error
		if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
			t.Fatalf("probe: %v", err)
		}
		err = w.walk(t.Context(), []Interval{{Since: 0, Until: now.Unix()}})
		if outcome, _, ours := judge(err); outcome != outcomeFailed || ours || w.requests > 50 {
			t.Errorf("ignores since %t, until %t: got %q from %v after %d requests, want a failure of the relay after a few",
				m.IgnoreSince, m.IgnoreUntil, outcome, err, w.requests)
		}
		if m.IgnoreSince && len(record.proven) > 0 {
			t.Errorf("ignores since, until %t: got %v proven, want nothing", m.IgnoreUntil, record.proven)
		}
	}
}
