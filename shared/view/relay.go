package view

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Relay is the public form of a relay's report: times are RFC 3339 or null, intervals unix seconds with both ends
// included.
type Relay struct {
	URL            string                `json:"url"`
	Network        string                `json:"network"`
	Token          string                `json:"token"`
	AcceptedAt     *time.Time            `json:"accepted_at"`
	FoundAt        *time.Time            `json:"found_at"`
	Tries          int                   `json:"tries"`
	Reason         string                `json:"reason"`
	NextTryAt      *time.Time            `json:"next_try_at"`
	GivenUpAt      *time.Time            `json:"given_up_at"`
	Sources        []Source              `json:"sources"`
	Aliases        []Alias               `json:"aliases"`
	States         []State               `json:"states"`
	Checks         []Check               `json:"checks"`
	Visits         []Visit               `json:"visits"`
	Manners        *Manners              `json:"manners"`
	Coverage       map[string][][2]int64 `json:"coverage"`
	Truncated      map[string][][2]int64 `json:"truncated"`
	Rejects        []Reject              `json:"rejects"`
	Sightings      int64                 `json:"sightings"`
	Missing        int64                 `json:"missing"`
	SightingsExact bool                  `json:"sightings_exact"`
	Health         *Health               `json:"health,omitempty"`
	Others         *Others               `json:"other_monitors,omitempty"`
}

// Source is who named a relay.
type Source struct {
	Name    string     `json:"name"`
	FoundAt *time.Time `json:"found_at"`
}

// Alias is another URL that may be the same relay; nothing is merged.
type Alias struct {
	URL      string `json:"url"`
	Evidence string `json:"evidence"` // self, operator, document, certificate, host or events
	Detail   string `json:"detail"`
}

// State is what the last rounds of checks from a vantage made of a relay.
type State struct {
	Vantage      string     `json:"vantage"`
	State        string     `json:"state"`
	Since        *time.Time `json:"since"`
	Failures     int        `json:"failures"`
	FailingSince *time.Time `json:"failing_since"`
	CheckedAt    *time.Time `json:"checked_at"`
	NextCheckAt  *time.Time `json:"next_check_at"`
}

// Check is the newest outcome of one check, durations in milliseconds.
type Check struct {
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

// Visit is the last turn of one kind of work at a relay.
type Visit struct {
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

// Manners are how a relay answers, as the synchronizer measured it.
type Manners struct {
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

// Reject counts events that were refused, over all turns.
type Reject struct {
	Reason string `json:"reason"`
	Class  string `json:"class"`
	Events int64  `json:"events"`
}

// RelayOf is the form of a report; how the relay fared and what others say are added by who knows it.
func RelayOf(r store.RelayReport) Relay {
	out := Relay{
		URL: r.URL, Network: r.Network, Token: r.Token, AcceptedAt: Time(r.AcceptedAt), FoundAt: Time(r.FoundAt),
		Tries: r.Tries, Reason: r.Reason, NextTryAt: Time(r.NextTryAt), GivenUpAt: Time(r.GivenUpAt),
		Sources: []Source{}, Aliases: []Alias{}, States: []State{}, Checks: []Check{}, Visits: []Visit{}, Rejects: []Reject{},
		Coverage: pairs(r.Coverage), Truncated: pairs(r.Truncated), Sightings: r.Sightings, Missing: r.Missing, SightingsExact: r.SightingsExact,
	}
	for _, s := range r.Sources {
		out.Sources = append(out.Sources, Source{s.Name, Time(s.FoundAt)})
	}
	for _, a := range r.Aliases {
		out.Aliases = append(out.Aliases, Alias(a))
	}
	for _, s := range r.States {
		out.States = append(out.States, State{s.Vantage, s.State.State, Time(s.Since), s.Failures, Time(s.FailingSince),
			Time(s.CheckedAt), Time(s.NextCheckAt)})
	}
	for _, c := range r.Results {
		out.Checks = append(out.Checks, Check{c.Vantage, Time(c.CheckedAt), c.Check, c.OK, c.RTT.Milliseconds(), c.Reason, c.Text,
			c.DNS.Milliseconds(), c.TCP.Milliseconds(), c.TLS.Milliseconds(), c.Upgrade.Milliseconds(), c.Value})
	}
	for _, v := range r.Visits {
		out.Visits = append(out.Visits, Visit{v.Job, v.Vantage, v.Outcome, v.Reason, Time(v.StartedAt), Time(v.EndedAt),
			Time(v.NextAt), v.Requests, v.Pages, v.NewEvents, v.KnownEvents, v.Bytes, v.Rejected,
			v.LateEvents, v.MissingEvents, v.LiveEvents})
	}
	for _, j := range r.Rejects {
		out.Rejects = append(out.Rejects, Reject(j))
	}
	if m := r.Manners; m != nil {
		out.Manners = &Manners{m.Vantage, Time(m.ProbedAt), m.Cap, m.Order, m.UntilExclusive, m.SinceExclusive,
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

// Time is a time for JSON, and null for none.
func Time(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
