package synchronizer

import (
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// stored is what the archive says of one relay: what it served, and what of it is proven or known to be cut, by filter.
type stored struct {
	sightings   map[event.ID]struct{}
	proven, cut map[string][]Interval
}

// archive reads what is stored of all relays.
func (r *recall) archive() map[string]*stored {
	all := map[string]*stored{}
	for _, run := range r.runs {
		all[run.url] = &stored{map[event.ID]struct{}{}, map[string][]Interval{}, map[string][]Interval{}}
	}
	type sighting struct {
		URL string
		ID  []byte
	}
	for _, s := range testkit.Rows[sighting](r.t, r.dsn, "SELECT r.url, e.id FROM sighting s JOIN relay r USING (relay_no) JOIN event e USING (event_no)") {
		all[s.URL].sightings[event.ID(s.ID)] = struct{}{}
	}
	type stretch struct {
		URL, Filter  string
		Cut          bool
		Since, Until int64
	}
	for _, c := range testkit.Rows[stretch](r.t, r.dsn, `
		SELECT r.url, f.filter, c.proof = 5, lower(i), upper(i) - 1
		FROM coverage c JOIN relay r USING (relay_no) JOIN filter f USING (filter_no), unnest(c.intervals) i`) {
		into := all[c.URL].proven
		if c.Cut {
			into = all[c.URL].cut
		}
		into[c.Filter] = append(into[c.Filter], Interval{Since: c.Since, Until: c.Until})
	}
	return all
}

// judgeAll compares the archive with what the relays serve.
func (r *recall) judgeAll() {
	archive := r.archive()
	for _, run := range r.runs {
		r.judge(run, archive[run.url])
		r.judgeFaults(run)
		r.judgeCost(run)
	}
}

func (r *recall) judge(run *recallRun, have *stored) {
	truth, problems := run.truth(), map[string][]event.ID{}
	for id := range have.sightings {
		if _, ok := truth[id]; !ok {
			problems[invented] = append(problems[invented], id)
		}
	}
	for id, e := range truth {
		if _, ok := have.sightings[id]; ok {
			run.archived++
		} else if problem := run.silent(have, e); problem != "" {
			problems[problem] = append(problems[problem], id)
		}
	}
	for problem, ids := range problems {
		r.t.Errorf("%s: got %d events that %s, such as %s", run.name, len(ids), problem, ids[0])
	}
	run.genuine, run.got = len(truth), run.status(have)
	if run.got != run.wanted() {
		r.t.Errorf("%s: got %q with %d of %d events, want %q", run.name, run.got, run.archived, run.genuine, run.wanted())
	}
	if run.wanted() == allProven && run.archived < run.genuine {
		r.t.Errorf("%s: got %d events, want all %d", run.name, run.archived, run.genuine)
	}
}

// What is wrong about an event.
const (
	invented = "are archived, and the relay does not serve them genuinely"
	ahead    = "are not archived, and their second is proven"
	lost     = "are not archived, and nothing says so"
)

// What the archive says of a relay whose walk is done.
const (
	allProven = "complete"  // its whole history is proven
	cutAway   = "truncated" // a part of it is known to be cut
)

// truth is what the relay serves genuinely, as far as it is asked for.
func (run *recallRun) truth() map[event.ID]event.Event {
	truth := map[event.ID]event.Event{}
	for id, at := range run.relay.Genuine() {
		e, ok := run.events[id]
		if !ok { // it came later; rows with filters have none
			e = event.Event{ID: id, CreatedAt: at}
		}
		if slices.ContainsFunc(run.filters(), func(f event.Filter) bool { return f.Matches(&e) }) {
			truth[id] = e
		}
	}
	for id, at := range run.good {
		truth[id] = event.Event{ID: id, CreatedAt: at}
	}
	return truth
}

func (run *recallRun) filters() []event.Filter {
	if run.policy.filters == nil {
		return []event.Filter{{}}
	}
	return run.policy.filters
}

// silent returns what is wrong about the absence of an event, or "" where the archive does not hide it.
func (run *recallRun) silent(have *stored, e event.Event) string {
	told := run.last.Outcome != outcomeDone
	for _, f := range run.filters() {
		if !f.Matches(&e) {
			continue
		}
		if covers(have.proven[f.Canonical()], e.CreatedAt) {
			return ahead
		}
		told = told || covers(have.cut[f.Canonical()], e.CreatedAt)
	}
	if !told {
		return lost
	}
	return ""
}

func covers(intervals []Interval, at int64) bool {
	return slices.ContainsFunc(intervals, func(iv Interval) bool { return iv.Since <= at && at <= iv.Until })
}

// status is what somebody sees who looks at the relay in the archive: complete only if its whole history is proven.
func (run *recallRun) status(have *stored) string {
	if run.last.Outcome != outcomeDone {
		return run.last.Outcome + ": " + run.last.Reason
	}
	whole := Interval{Since: 0, Until: time.Now().Add(-longest).Unix()}
	for _, f := range run.filters() {
		proven, cut := have.proven[f.Canonical()], have.cut[f.Canonical()]
		switch {
		case len(without(whole, slices.Concat(proven, cut))) > 0:
			return "holes without a word"
		case len(without(whole, proven)) > 0:
			return cutAway
		}
	}
	return allProven
}

// judgeFaults demands that the relay misbehaved as the row says.
func (r *recall) judgeFaults(run *recallRun) {
	shown := run.relay.Ledger().Faults()
	for _, fault := range run.fires {
		if shown[fault] == 0 {
			r.t.Errorf("%s: got no %s from the relay, want it to happen", run.name, fault)
		}
	}
	if n := run.forgeries(); run.manners.Forge > 0 && n < 3 {
		r.t.Errorf("%s: got %d ways of forging, want 3", run.name, n)
	}
	if run.manners.LoseEOSEOnReuse && shown[simrelay.FaultLostEOSE] > 0 {
		r.t.Errorf("%s: got an id that was used again", run.name)
	}
}

// manyRequests is what probing and an empty end take beyond the pages.
const manyRequests = 30

func (r *recall) judgeCost(run *recallRun) {
	most := run.spend
	if most == 0 {
		most = run.idealPages() + manyRequests
	}
	if got := run.first.Requests + run.first.NegIn; got > most && run.got == allProven {
		r.t.Errorf("%s: got %d requests, want at most %d", run.name, got, most)
	}
}

// forgeries is in how many ways events of the relay are forged: the id decides which of the three it is.
func (run *recallRun) forgeries() int {
	genuine, ways := run.relay.Genuine(), map[byte]bool{}
	for id := range run.events {
		if _, ok := genuine[id]; !ok {
			ways[id[31]%3] = true
		}
	}
	return len(ways)
}
