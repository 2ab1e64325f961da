package realrelays

import (
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// stretch is an interval of coverage, its end left out.
type stretch struct {
	Since, Before int64
	Truncated     bool
}

const stretches = `
	SELECT coalesce(lower(i), 0), coalesce(upper(i), 9223372036854775807), proof = 5
	FROM coverage, unnest(intervals) i`

// places says how a second is covered.
func places(all []stretch, at int64) (proven, truncated bool) {
	for _, s := range all {
		if s.Since <= at && at < s.Before {
			proven, truncated = proven || !s.Truncated, truncated || s.Truncated
		}
	}
	return proven, truncated
}

// recent is how many seconds may have passed since the last walk.
const recent = 60

// truth is what came of a walk.
type truth struct{ given, served, archived, truncated int }

// compare asks the relay what it serves and fails where the archive says otherwise: an event that is neither here nor
// in a second that is known to be cut, a second that nothing is said about, an event that the relay never had, and
// coverage of a time that has not come yet.
func compare(t *testing.T, p *pipeline, r *process) truth {
	t.Helper()
	served, archived := r.served(), p.archived()
	all := testkit.Rows[stretch](t, p.dsn, stretches)
	now := time.Now().Unix()
	for _, s := range all {
		if s.Before > now+2 {
			t.Errorf("got coverage %+v at %d, want nothing of the future", s, now)
		}
	}
	faults := faults{t: t}
	for id, e := range served {
		proven, truncated := places(all, e.CreatedAt)
		_, here := archived[id]
		switch {
		case !proven && !truncated && e.CreatedAt < now-recent:
			faults.say("got nothing said about the second of %s (%d), want it proven or truncated", id, e.CreatedAt)
		case !here && (proven || !truncated):
			faults.say("got no event %s of kind %d at %d, want it archived", id, e.Kind, e.CreatedAt)
		}
	}
	for id := range archived {
		if _, given := r.ledger[id]; !given && !archived[id] {
			faults.say("got an event %s (%v) that the relay does not have", id, archived[id])
		}
	}
	faults.end()
	cut := p.number("SELECT count(*) FROM (SELECT 1 FROM coverage, unnest(intervals) i WHERE proof = 5) t")
	return truth{given: len(r.ledger), served: len(served), archived: len(archived), truncated: int(cut)}
}

// faults tells the first few of many.
type faults struct {
	t *testing.T
	n int
}

func (f *faults) say(format string, args ...any) {
	f.t.Helper()
	if f.n++; f.n <= 5 {
		f.t.Errorf(format, args...)
	}
}

func (f *faults) end() {
	f.t.Helper()
	if f.n > 5 {
		f.t.Errorf("got %d such faults", f.n)
	}
}

// missing fails unless exactly these events are named as dropped.
func missing(t *testing.T, p *pipeline, want []event.Event) {
	t.Helper()
	got, n := p.archived(), 0
	for _, gone := range got {
		if gone {
			n++
		}
	}
	for _, e := range want {
		if !got[e.ID] {
			t.Errorf("got %s not missing, want it named", e.ID)
		}
	}
	if n != len(want) {
		t.Errorf("got %d events named as dropped, want %d", n, len(want))
	}
}
