package store

import (
	"context"
	"encoding/json"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// visitRows are the columns of insert_visits.
type visitRows struct {
	relays, requests, pages                       []int32
	jobs, vantages, outcomes, rejected            []string
	reasons                                       []*string
	started, ended, newEvents, knownEvents, bytes []int64
	late, missing, live                           []int64
	next                                          []*int64
}

func (r *visitRows) add(relay int32, m *ingest.Visit) {
	r.relays = append(r.relays, relay)
	r.jobs = append(r.jobs, short(m.Job, maxName))
	r.vantages = append(r.vantages, short(m.Vantage, maxToken))
	r.started = append(r.started, m.StartedAt)
	r.ended = append(r.ended, m.EndedAt)
	r.outcomes = append(r.outcomes, short(m.Outcome, maxName))
	r.reasons = append(r.reasons, orNull(short(m.Reason, maxToken)))
	r.next = append(r.next, orNull(m.NextAt))
	r.requests = append(r.requests, small(m.Requests))
	r.pages = append(r.pages, small(m.Pages))
	r.newEvents = append(r.newEvents, large(m.NewEvents))
	r.knownEvents = append(r.knownEvents, large(m.KnownEvents))
	r.bytes = append(r.bytes, large(m.Bytes))
	r.rejected = append(r.rejected, counts(m.Rejected))
	r.late, r.missing = append(r.late, large(m.LateEvents)), append(r.missing, large(m.MissingEvents))
	r.live = append(r.live, large(m.LiveEvents))
}

// counts writes counts by reason as JSON.
func counts(m map[string]uint64) string {
	out := make(map[string]int64, len(m))
	for reason, n := range m {
		out[short(reason, maxToken)] += large(n)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "{}" // a map of strings to numbers is always JSON
	}
	return string(text)
}

func (a *apply) writeVisits(ctx context.Context) error {
	if len(a.plan.visits) == 0 {
		return nil
	}
	var r visitRows
	for _, m := range a.plan.visits {
		r.add(a.relays[m.Relay], m)
	}
	return a.exec(ctx, "insert_visits", r.relays, r.jobs, r.vantages, r.started, r.ended, r.outcomes, r.reasons, r.next,
		r.requests, r.pages, r.newEvents, r.knownEvents, r.bytes, r.rejected, r.late, r.missing, r.live)
}

// mannerRows are the columns of insert_manners.
type mannerRows struct {
	relays, caps, subscriptions, messages, limits []int32
	vantages, orders, auths                       []string
	probed                                        []int64
	flags                                         [8][]bool
}

func (r *mannerRows) add(relay int32, m *ingest.Manners) {
	r.relays, r.caps = append(r.relays, relay), append(r.caps, small(m.Cap))
	r.vantages, r.orders = append(r.vantages, short(m.Vantage, maxToken)), append(r.orders, plain(m.Order))
	r.auths, r.probed = append(r.auths, plain(m.Auth)), append(r.probed, m.ProbedAt)
	r.subscriptions, r.messages = append(r.subscriptions, small(m.MaxSubscriptions)), append(r.messages, small(m.MaxMessage))
	r.limits = append(r.limits, small(m.PageLimit))
	for i, flag := range [len(r.flags)]bool{m.UntilExclusive, m.SinceExclusive, m.IgnoresUntil, m.IgnoresSince,
		m.Negentropy, m.Hints, m.Counts, m.Hides} {
		r.flags[i] = append(r.flags[i], flag)
	}
}

func (a *apply) writeManners(ctx context.Context) error {
	if len(a.plan.manners) == 0 {
		return nil
	}
	var r mannerRows
	for _, m := range a.plan.manners {
		r.add(a.relays[m.Relay], m)
	}
	f := r.flags
	return a.exec(ctx, "insert_manners", r.relays, r.vantages, r.probed, r.caps, r.orders, f[0], f[1], f[2], f[3],
		f[4], f[5], f[6], f[7], r.auths, r.subscriptions, r.messages, r.limits)
}
