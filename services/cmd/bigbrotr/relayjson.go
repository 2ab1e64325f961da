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
	Aliases        []relayAlias          `json:"aliases"`
	States         []relayState          `json:"states"`
	Checks         []relayCheck          `json:"checks"`
	Visits         []relayVisit          `json:"visits"`
	Manners        *relayManners         `json:"manners"`
	Coverage       map[string][][2]int64 `json:"coverage"`
	Truncated      map[string][][2]int64 `json:"truncated"`
	Rejects        []relayReject         `json:"rejects"`
	Sightings      int64                 `json:"sightings"`
	Missing        int64                 `json:"missing"`
	SightingsExact bool                  `json:"sightings_exact"`
	Health         *relayHealth          `json:"health,omitempty"`
	Others         *relayOthers          `json:"other_monitors,omitempty"`
}

type relaySource struct {
	Name    string     `json:"name"`
	FoundAt *time.Time `json:"found_at"`
}

// relayAlias is another URL that may be the same relay; nothing is merged.
type relayAlias struct {
	URL      string `json:"url"`
	Evidence string `json:"evidence"` // self, operator, document, certificate, host or events
	Detail   string `json:"detail"`
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
	DNSms     int64      `json:"dns_ms"` // the phases of open, 0 = did not happen
	TCPms     int64      `json:"tcp_ms"`
	TLSms     int64      `json:"tls_ms"`
	UpgradeMs int64      `json:"upgrade_ms"`
	Value     *int64     `json:"value"` // docs/reference/checks.md says of what
}

type relayVisit struct {
	Job           string           `json:"job"`
	Vantage       string           `json:"vantage"`
	Outcome       string           `json:"outcome"`
	Reason        string           `json:"reason"`
	StartedAt     *time.Time       `json:"started_at"`
	EndedAt       *time.Time       `json:"ended_at"`
	NextAt        *time.Time       `json:"next_at"`
	Requests      int              `json:"requests"`
	Pages         int              `json:"pages"`
	NewEvents     int64            `json:"new_events"`
	KnownEvents   int64            `json:"known_events"`
	Bytes         int64            `json:"bytes"`
	Rejected      map[string]int64 `json:"rejected"`
	LateEvents    int64            `json:"late_events"`
	MissingEvents int64            `json:"missing_events"`
	LiveEvents    int64            `json:"live_events"`
}

type relayManners struct {
	Vantage          string     `json:"vantage"`
	ProbedAt         *time.Time `json:"probed_at"`
	Cap              int        `json:"cap"`
	Order            string     `json:"order"`
	UntilExclusive   bool       `json:"until_exclusive"`
	SinceExclusive   bool       `json:"since_exclusive"`
	IgnoresUntil     bool       `json:"ignores_until"`
	IgnoresSince     bool       `json:"ignores_since"`
	Negentropy       bool       `json:"negentropy"`
	Hints            bool       `json:"hints"`
	Counts           bool       `json:"counts"`
	Hides            bool       `json:"hides"`
	Auth             string     `json:"auth"`
	MaxSubscriptions int        `json:"max_subscriptions"`
	MaxMessage       int        `json:"max_message"`
	PageLimit        int        `json:"page_limit"`
}

// relayReject counts events that were refused, over all turns.
type relayReject struct {
	Reason string `json:"reason"`
	Class  string `json:"class"`
	Events int64  `json:"events"`
}

func relayJSON(r store.RelayReport) relayReport {
	out := relayReport{
		URL: r.URL, Network: r.Network, Token: r.Token, AcceptedAt: stamp(r.AcceptedAt), FoundAt: stamp(r.FoundAt),
		Tries: r.Tries, Reason: r.Reason, NextTryAt: stamp(r.NextTryAt), GivenUpAt: stamp(r.GivenUpAt),
		Sources: []relaySource{}, Aliases: []relayAlias{}, States: []relayState{}, Checks: []relayCheck{}, Visits: []relayVisit{}, Rejects: []relayReject{},
		Coverage: pairs(r.Coverage), Truncated: pairs(r.Truncated), Sightings: r.Sightings, Missing: r.Missing, SightingsExact: r.SightingsExact,
	}
	for _, s := range r.Sources {
		out.Sources = append(out.Sources, relaySource{s.Name, stamp(s.FoundAt)})
	}
	for _, a := range r.Aliases {
		out.Aliases = append(out.Aliases, relayAlias(a))
	}
	for _, s := range r.States {
		out.States = append(out.States, relayState{s.Vantage, s.State.State, stamp(s.Since), s.Failures, stamp(s.FailingSince),
			stamp(s.CheckedAt), stamp(s.NextCheckAt)})
	}
	for _, c := range r.Results {
		out.Checks = append(out.Checks, relayCheck{c.Vantage, stamp(c.CheckedAt), c.Check, c.OK, c.RTT.Milliseconds(), c.Reason, c.Text,
			c.DNS.Milliseconds(), c.TCP.Milliseconds(), c.TLS.Milliseconds(), c.Upgrade.Milliseconds(), c.Value})
	}
	for _, v := range r.Visits {
		out.Visits = append(out.Visits, relayVisit{v.Job, v.Vantage, v.Outcome, v.Reason, stamp(v.StartedAt), stamp(v.EndedAt),
			stamp(v.NextAt), v.Requests, v.Pages, v.NewEvents, v.KnownEvents, v.Bytes, v.Rejected,
			v.LateEvents, v.MissingEvents, v.LiveEvents})
	}
	for _, j := range r.Rejects {
		out.Rejects = append(out.Rejects, relayReject(j))
	}
	if m := r.Manners; m != nil {
		out.Manners = &relayManners{m.Vantage, stamp(m.ProbedAt), m.Cap, m.Order, m.UntilExclusive, m.SinceExclusive,
			m.IgnoresUntil, m.IgnoresSince, m.Negentropy, m.Hints, m.Counts, m.Hides, m.Auth, m.MaxSubscriptions, m.MaxMessage, m.PageLimit}
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
