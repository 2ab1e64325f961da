package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// RelayReport is everything the archive knows of one URL, for people. Zero times mean "none".
type RelayReport struct {
	URL, Network string
	Token        string    // empty = it is a candidate only
	AcceptedAt   time.Time // zero = it is a candidate only

	FoundAt   time.Time // zero = nobody found it, it was met
	Tries     int
	Reason    string // why the last validation failed
	NextTryAt time.Time
	GivenUpAt time.Time
	Sources   []Source

	Aliases []Alias // other URLs that may be this relay

	States    []VantageState
	Results   []Result // of the last check from each vantage
	Visits    []Visit
	Rejects   []Reject
	Manners   *Manners
	Coverage  map[string][]Interval // by filter; at most 1,000 intervals in all, with the truncated
	Truncated map[string][]Interval // by filter: known holes

	Sightings      int64 // events that it served
	Missing        int64 // of them, those that it serves no more
	SightingsExact bool  // else both are estimated from a sample
}

// Source is where a URL was found.
type Source struct {
	Name    string
	FoundAt time.Time
}

// Alias is one piece of evidence that another URL is the same relay: self (both say so in NIP-11), operator (same software,
// key and name), document (the same NIP-11 document), certificate, host, or events (nearly the same recent ones).
type Alias struct{ URL, Evidence, Detail string }

// VantageState is a relay's state from one vantage.
type VantageState struct {
	Vantage string
	State
	NextCheckAt time.Time
}

// Result is the outcome of one check.
type Result struct {
	Vantage   string
	CheckedAt time.Time
	Check     string
	OK        bool
	RTT       time.Duration // 0 = not measured
	Reason    string
	Text      string // the relay's own words: quote them

	DNS, TCP, TLS, Upgrade time.Duration // of open; 0 = it did not happen
	Value                  *int64        // the one other number of the check, nil = none
}

// Visit is the last turn of a job at a relay.
type Visit struct {
	Job, Vantage, Outcome, Reason string
	StartedAt, EndedAt, NextAt    time.Time
	Requests, Pages               int
	NewEvents, KnownEvents, Bytes int64
	Rejected                      map[string]int64 // by reason
	LateEvents, MissingEvents     int64
	LiveEvents                    int64
}

// Reject counts events of a relay that were refused, over all turns.
type Reject struct {
	Reason string
	Class  string // forged, malformed, oversized or other
	Events int64
}

// Manners is how a relay answers.
type Manners struct {
	Vantage                        string
	ProbedAt                       time.Time
	Cap                            int
	Order                          string
	UntilExclusive, SinceExclusive bool
	IgnoresUntil, IgnoresSince     bool
	Negentropy, Hints, Counts      bool
	Hides                          bool
	Auth                           string
	MaxSubscriptions, MaxMessage   int
	PageLimit                      int
}

// RelayReport returns what the archive knows of a URL; false = nothing.
func (s *Store) RelayReport(ctx context.Context, url string) (report RelayReport, known bool, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		r := reporter{ctx: ctx, tx: tx, url: url}
		if known = r.relay(); !known {
			return r.err
		}
		r.sources()
		r.aliases()
		r.states()
		r.results()
		r.visits()
		r.rejects()
		r.coverage()
		report = r.report
		return r.err
	})
	if err != nil || !known {
		return RelayReport{}, false, err
	}
	m, err := s.Manners(ctx, url)
	if m != nil {
		report.Manners = &Manners{m.Vantage, timeOf(&m.ProbedAt), int(m.Cap), m.Order,
			m.UntilExclusive, m.SinceExclusive, m.IgnoresUntil, m.IgnoresSince, m.Negentropy, m.Hints, m.Counts,
			m.Hides, m.Auth, int(m.MaxSubscriptions), int(m.MaxMessage), int(m.PageLimit)}
	}
	return report, true, err
}

// reporter collects a report; after an error it does nothing more.
type reporter struct {
	ctx    context.Context
	tx     pgx.Tx
	url    string
	report RelayReport
	err    error
}

func (r *reporter) query(statement string, targets []any, each func()) {
	if r.err == nil {
		r.err = query(r.ctx, r.tx, statement, targets, each, r.url)
	}
}

func (r *reporter) relay() (known bool) {
	var token, reason *string
	var accepted, found, next, givenUp *int64
	var tries *int
	var sample float64
	p := &r.report
	r.query("report_relay", []any{&p.URL, &p.Network, &token, &accepted, &found, &tries, &reason, &next, &givenUp,
		&p.Sightings, &p.Missing, &sample}, func() { known = true })
	p.Token, p.Reason, p.Tries = orZero(token), orZero(reason), orZero(tries)
	p.AcceptedAt, p.FoundAt, p.NextTryAt, p.GivenUpAt = timeOf(accepted), timeOf(found), timeOf(next), timeOf(givenUp)
	if p.SightingsExact = sample >= 100; !p.SightingsExact && sample > 0 {
		p.Sightings = int64(float64(p.Sightings) * 100 / sample)
		p.Missing = int64(float64(p.Missing) * 100 / sample)
	}
	return known && r.err == nil
}

func (r *reporter) sources() {
	var name string
	var at int64
	r.query("report_sources", []any{&name, &at}, func() {
		r.report.Sources = append(r.report.Sources, Source{name, timeOf(&at)})
	})
}

func (r *reporter) aliases() {
	var a Alias
	r.query("report_aliases", []any{&a.URL, &a.Evidence, &a.Detail}, func() { r.report.Aliases = append(r.report.Aliases, a) })
}

func (r *reporter) states() {
	var v VantageState
	var since, checked int64
	var failing, next *int64
	r.query("report_states", []any{&v.Vantage, &v.State.State, &since, &v.Failures, &failing, &checked, &next}, func() {
		v.Since, v.FailingSince, v.CheckedAt, v.NextCheckAt = timeOf(&since), timeOf(failing), timeOf(&checked), timeOf(next)
		r.report.States = append(r.report.States, v)
	})
}

func (r *reporter) results() {
	var one Result
	var at int64
	var rtt, name, tcp, tls, upgrade *int64
	var reason, text *string
	into := []any{&one.Vantage, &at, &one.Check, &one.OK, &rtt, &reason, &text, &name, &tcp, &tls, &upgrade, &one.Value}
	r.query("report_checks", into, func() {
		one.CheckedAt, one.Reason, one.Text = timeOf(&at), orZero(reason), orZero(text)
		one.RTT, one.DNS, one.TCP, one.TLS, one.Upgrade = millis(rtt), millis(name), millis(tcp), millis(tls), millis(upgrade)
		r.report.Results = append(r.report.Results, one)
	})
}

func millis(n *int64) time.Duration { return time.Duration(orZero(n)) * time.Millisecond }

func (r *reporter) visits() {
	var v Visit
	var started, ended int64
	var next *int64
	var reason *string
	r.query("report_visits", []any{&v.Job, &v.Vantage, &started, &ended, &v.Outcome, &reason, &next, &v.Requests, &v.Pages,
		&v.NewEvents, &v.KnownEvents, &v.Bytes, &v.Rejected,
		&v.LateEvents, &v.MissingEvents, &v.LiveEvents}, func() {
		v.StartedAt, v.EndedAt, v.NextAt, v.Reason = timeOf(&started), timeOf(&ended), timeOf(next), orZero(reason)
		r.report.Visits = append(r.report.Visits, v)
	})
}

func (r *reporter) rejects() {
	var one Reject
	r.query("report_rejects", []any{&one.Reason, &one.Class, &one.Events}, func() { r.report.Rejects = append(r.report.Rejects, one) })
}

func (r *reporter) coverage() {
	r.report.Coverage, r.report.Truncated = map[string][]Interval{}, map[string][]Interval{}
	var filter string
	var truncated bool
	var i Interval
	r.query("report_coverage", []any{&filter, &truncated, &i.Since, &i.Until}, func() {
		into := r.report.Coverage
		if truncated {
			into = r.report.Truncated
		}
		into[filter] = append(into[filter], i)
	})
}

// orZero returns what p points to, and the zero value for nil.
func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
