package main

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// relayReport is the public form of a relay's report: times are RFC 3339 or null, intervals unix seconds with both ends
// included.
type relayReport struct {
	URL            string                `json:"url"`
	Network        string                `json:"network"`
	Token          string                `json:"token"`
	AcceptedAt     *time.Time            `json:"accepted_at"`
	FoundAt        *time.Time            `json:"found_at"`
	Tries          int                   `json:"tries"`
	Reason         string                `json:"reason"`
	NextTryAt      *time.Time            `json:"next_try_at"`
	GivenUpAt      *time.Time            `json:"given_up_at"`
	Sources        []relaySource         `json:"sources"`
	States         []relayState          `json:"states"`
	Checks         []relayCheck          `json:"checks"`
	Visits         []relayVisit          `json:"visits"`
	Manners        *relayManners         `json:"manners"`
	Coverage       map[string][][2]int64 `json:"coverage"`
	Truncated      map[string][][2]int64 `json:"truncated"`
	Sightings      int64                 `json:"sightings"`
	SightingsExact bool                  `json:"sightings_exact"`
}

type relaySource struct {
	Name    string     `json:"name"`
	FoundAt *time.Time `json:"found_at"`
}

type relayState struct {
	Vantage      string     `json:"vantage"`
	State        string     `json:"state"`
	Since        *time.Time `json:"since"`
	Failures     int        `json:"failures"`
	FailingSince *time.Time `json:"failing_since"`
	CheckedAt    *time.Time `json:"checked_at"`
	NextCheckAt  *time.Time `json:"next_check_at"`
}

type relayCheck struct {
	Vantage   string     `json:"vantage"`
	CheckedAt *time.Time `json:"checked_at"`
	Check     string     `json:"check"`
	OK        bool       `json:"ok"`
	RTTms     int64      `json:"rtt_ms"`
	Reason    string     `json:"reason"`
	Text      string     `json:"text"`
}

type relayVisit struct {
	Job         string           `json:"job"`
	Vantage     string           `json:"vantage"`
	Outcome     string           `json:"outcome"`
	Reason      string           `json:"reason"`
	StartedAt   *time.Time       `json:"started_at"`
	EndedAt     *time.Time       `json:"ended_at"`
	NextAt      *time.Time       `json:"next_at"`
	Requests    int              `json:"requests"`
	Pages       int              `json:"pages"`
	NewEvents   int64            `json:"new_events"`
	KnownEvents int64            `json:"known_events"`
	Bytes       int64            `json:"bytes"`
	Rejected    map[string]int64 `json:"rejected"`
}

type relayManners struct {
	Vantage        string     `json:"vantage"`
	ProbedAt       *time.Time `json:"probed_at"`
	Cap            int        `json:"cap"`
	Order          string     `json:"order"`
	UntilExclusive bool       `json:"until_exclusive"`
	SinceExclusive bool       `json:"since_exclusive"`
	IgnoresUntil   bool       `json:"ignores_until"`
	IgnoresSince   bool       `json:"ignores_since"`
}

func relayJSON(r store.RelayReport) relayReport {
	out := relayReport{
		URL: r.URL, Network: r.Network, Token: r.Token, AcceptedAt: stamp(r.AcceptedAt), FoundAt: stamp(r.FoundAt),
		Tries: r.Tries, Reason: r.Reason, NextTryAt: stamp(r.NextTryAt), GivenUpAt: stamp(r.GivenUpAt),
		Sources: []relaySource{}, States: []relayState{}, Checks: []relayCheck{}, Visits: []relayVisit{},
		Coverage: pairs(r.Coverage), Truncated: pairs(r.Truncated), Sightings: r.Sightings, SightingsExact: r.SightingsExact,
	}
	for _, s := range r.Sources {
		out.Sources = append(out.Sources, relaySource{s.Name, stamp(s.FoundAt)})
	}
	for _, s := range r.States {
		out.States = append(out.States, relayState{s.Vantage, s.State.State, stamp(s.Since), s.Failures, stamp(s.FailingSince),
			stamp(s.CheckedAt), stamp(s.NextCheckAt)})
	}
	for _, c := range r.Results {
		out.Checks = append(out.Checks, relayCheck{c.Vantage, stamp(c.CheckedAt), c.Check, c.OK, c.RTT.Milliseconds(), c.Reason, c.Text})
	}
	for _, v := range r.Visits {
		out.Visits = append(out.Visits, relayVisit{v.Job, v.Vantage, v.Outcome, v.Reason, stamp(v.StartedAt), stamp(v.EndedAt),
			stamp(v.NextAt), v.Requests, v.Pages, v.NewEvents, v.KnownEvents, v.Bytes, v.Rejected})
	}
	if m := r.Manners; m != nil {
		out.Manners = &relayManners{m.Vantage, stamp(m.ProbedAt), m.Cap, m.Order, m.UntilExclusive, m.SinceExclusive,
			m.IgnoresUntil, m.IgnoresSince}
	}
	return out
}

func pairs(intervals map[string][]store.Interval) map[string][][2]int64 {
	out := map[string][][2]int64{}
	for filter, list := range intervals {
		for _, i := range list {
			out[filter] = append(out[filter], [2]int64{i.Since, i.Until})
		}
	}
	return out
}
