package monitor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// outage is a time in which a relay does not answer, counted from the beginning of the simulation.
type outage struct{ from, to time.Duration }

// life is a relay whose outages are known.
type life []outage

// worksAt is the truth about one moment.
func (l life) worksAt(t time.Duration) bool {
	return !slices.ContainsFunc(l, func(o outage) bool { return o.from <= t && t < o.to })
}

// up is the truth about a stretch.
func (l life) up(from, to time.Duration) time.Duration {
	up := to - from
	for _, o := range l {
		up -= max(0, min(o.to, to)-max(o.from, from))
	}
	return up
}

const (
	hour     = time.Hour
	day      = 24 * time.Hour
	observed = 12 * day // how long the simulation lasts
)

// lives are relays and how often each goes down for good, by the truth.
var lives = map[string]struct {
	life  life
	downs int // outages that are long enough to be a state
}{
	"steady":           {nil, 0},
	"two hours":        {life{{11*day + 3*hour, 11*day + 5*hour}}, 1},
	"a night":          {life{{11*day + hour, 11*day + 8*hour}}, 1},
	"since minutes":    {life{{observed - 25*time.Minute, 100 * day}}, 0},
	"since half a day": {life{{observed - 12*hour, 100 * day}}, 1},
	"restarts":         {life{{day, day + 2*time.Minute}, {3 * day, 3*day + 5*time.Minute}, {11*day + 4*hour, 11*day + 4*hour + 10*time.Minute}}, 0},
	"every day": {life{{6*day + hour, 6*day + 4*hour}, {7*day + 5*hour, 7*day + 8*hour}, {8*day + 9*hour, 8*day + 12*hour},
		{9*day + 13*hour, 9*day + 16*hour}, {10*day + 17*hour, 10*day + 20*hour}, {11*day + 19*hour, 11*day + 22*hour}}, 6},
}

// TestUptimeEqualsTheTruth lets relays live through twelve days at the real pace on a simulated clock: rounds when they are
// due, the states that they decide, rows in a real Postgres, and the uptime that is read from them.
func TestUptimeEqualsTheTruth(t *testing.T) {
	t.Parallel()
	archive := testkit.Store(t, testkit.Postgres(t))
	begin := time.Unix(1_800_000_000, 0)
	now := begin.Add(observed)
	for name, c := range lives {
		url := fmt.Sprintf("wss://%d.example.com", len(name)*100+c.downs)
		rounds := simulate(url, c.life, begin, now)
		if _, err := archive.Write(t.Context(), []*ingest.Batch{{Checks: rounds}}, store.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		h, err := archive.Health(t.Context(), url, now)
		if err != nil || len(h.Uptimes) != 1 {
			t.Fatalf("%s: got %+v, %v, want one vantage", name, h.Uptimes, err)
		}
		for period, got := range map[time.Duration]store.Span{day: h.Uptimes[0].Day, 7 * day: h.Uptimes[0].Week} {
			truth := c.life.up(observed-period, observed)
			// Each outage is known to one interval, give or take the tenth by which rounds are spread.
			bound := time.Duration(max(1, overlapping(c.life, observed-period, observed))) * (hour + hour/10)
			if off := (got.Up - truth).Abs(); off > bound || got.Known != period {
				t.Errorf("%s: got %s up of %s, off the truth %s by %s, want it within %s", name, got.Up, got.Known, truth, off, bound)
			}
			t.Logf("%-17s %6s: truth %8.4f %%, measured %8.4f %%, %d rounds", name, period, percentOf(truth, period), percentOf(got.Up, got.Known), len(rounds))
		}
		expectTransitions(t, name, c.life, c.downs, h.Transitions, begin)
	}
}

// simulate makes the rounds of a life as the monitor would.
func simulate(url string, l life, begin, now time.Time) (rounds []*ingest.Check) {
	var s store.State
	for at := begin; !at.After(now); {
		seen := up
		if !l.worksAt(at.Sub(begin)) {
			seen = down
		}
		s = realPace.decide(s, len(rounds) > 0, seen, at)
		next := realPace.next(s, hour)
		c := &ingest.Check{Relay: url, Vantage: "main", CheckedAt: at.Unix(), State: s.State, StateSince: s.Since.Unix(),
			Failures: uint32(s.Failures), NextCheckAt: next.Unix()}
		if s.Failures > 0 {
			c.FailingSince = s.FailingSince.Unix()
		}
		rounds, at = append(rounds, c), next
	}
	return rounds
}

func overlapping(l life, from, to time.Duration) (n int) {
	for _, o := range l {
		if o.to > from && o.from < to {
			n++
		}
	}
	return n
}

func percentOf(part, whole time.Duration) float64 { return 100 * float64(part) / float64(whole) }

// expectTransitions wants every outage that lasted as one way down and one way up, at its time, and nothing of the others.
func expectTransitions(t *testing.T, name string, l life, downs int, got []store.Transition, begin time.Time) {
	t.Helper()
	got = slices.Clone(got)
	slices.Reverse(got)
	if len(got) == 0 || got[0].From != "never checked" || got[0].To != up {
		t.Fatalf("%s: got transitions %+v, want it to begin up", name, got)
	}
	got = got[1:]
	if l == nil || downs == 0 {
		if len(got) != 0 {
			t.Errorf("%s: got transitions %+v, want none", name, got)
		}
		return
	}
	var edges []time.Duration
	for _, o := range l[:downs] {
		if edges = append(edges, o.from); o.to < observed {
			edges = append(edges, o.to)
		}
	}
	if len(got) != len(edges) {
		t.Fatalf("%s: got %d transitions %+v, want %d", name, len(got), got, len(edges))
	}
	for i, tr := range got {
		late := tr.At.Sub(begin.Add(edges[i]))
		// A way down is told at the third failure, which comes some 40 minutes after the first.
		if want := []string{down, up}[i%2]; tr.To != want || late < 0 || late > hour+hour/10+45*time.Minute {
			t.Errorf("%s: got %s %s after the truth, want %s within an interval and the failures that it takes", name, tr.To, late, want)
		}
	}
}

// fast is the real pace divided by 240: a day lasts six minutes.
func fast() pace {
	p := realPace
	for _, d := range []*time.Duration{&p.recheck, &p.slowest, &p.dead, &p.downAfter, &p.deadAfter} {
		*d /= 240
	}
	return p
}

// TestOutagesOfRealRelays is the same with relays that really stop and start, rounds that NATS makes due, and a clock that
// cannot be stopped, 240 times as fast.
func TestOutagesOfRealRelays(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.pace, p.cfg.Interval = fast(), hour/240
	p.writer()
	p.monitors(1)
	steady, fails, blinks := start(t, "steady", simrelay.Manners{}), start(t, "fails", simrelay.Manners{}), start(t, "blinks", simrelay.Manners{})
	for _, r := range []*simrelay.Relay{steady, fails, blinks} {
		p.due(r.URL())
		p.until("the first round", func() bool { return len(p.of(r.URL())) > 0 })
	}
	fails.Stop()
	lost := time.Now()
	p.until("the way down", func() bool { return p.last(fails.URL()).State == down })
	if err := fails.Start(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	p.until("the way up", func() bool { return p.last(fails.URL()).State == up })

	blinks.Stop()
	p.until("one failure", func() bool { return p.last(blinks.URL()).Failures > 0 })
	if err := blinks.Start(); err != nil {
		t.Fatal(err)
	}
	p.until("an answer", func() bool { return p.last(blinks.URL()).Failures == 0 })

	for r, want := range map[*simrelay.Relay][]string{steady: {up}, fails: {up, down, up}, blinks: {up}} {
		h, err := p.archive.Health(t.Context(), r.URL(), time.Now())
		if err != nil || len(h.Uptimes) != 1 {
			t.Fatalf("%s: got %+v, %v", r.Name(), h.Uptimes, err)
		}
		var states []string
		for _, tr := range slices.Backward(h.Transitions) {
			states = append(states, tr.To)
		}
		if !slices.Equal(states, want) {
			t.Errorf("%s: got states %v, want %v", r.Name(), states, want)
		}
		off := h.Uptimes[0].Day.Known - h.Uptimes[0].Day.Up // how long it did not work, as measured
		switch r {
		case steady:
			if off != 0 {
				t.Errorf("steady: got %s of failures, want none", off)
			}
		case fails:
			// The ends of the outage are each known to the distance of the rounds around it; rows hold whole seconds.
			if miss := (off - back.Sub(lost)).Abs(); miss > p.longest(r.URL())+2*time.Second {
				t.Errorf("fails: got an outage of %s for one of %s, want it within %s", off, back.Sub(lost), p.longest(r.URL()))
			}
		}
	}
}

// last is the newest check of a relay.
func (p *place) last(url string) *ingest.Check {
	all := p.of(url)
	return all[len(all)-1]
}

// longest is the longest distance of two rounds of a relay.
func (p *place) longest(url string) (most time.Duration) {
	all := p.of(url)
	for i := range all[1:] {
		most = max(most, time.Duration(all[i+1].CheckedAt-all[i].CheckedAt)*time.Second)
	}
	return most
}
