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
		r.requests, r.pages, r.newEvents, r.knownEvents, r.bytes, r.rejected)
}

func (a *apply) writeManners(ctx context.Context) error {
	if len(a.plan.manners) == 0 {
		return nil
	}
	var relays, caps []int32
	var vantages, orders []string
	var probed []int64
	var flags [4][]bool
	for _, m := range a.plan.manners {
		relays, caps = append(relays, a.relays[m.Relay]), append(caps, small(m.Cap))
		vantages, orders = append(vantages, short(m.Vantage, maxToken)), append(orders, plain(m.Order))
		probed = append(probed, m.ProbedAt)
		for i, flag := range [...]bool{m.UntilExclusive, m.SinceExclusive, m.IgnoresUntil, m.IgnoresSince} {
			flags[i] = append(flags[i], flag)
		}
	}
	return a.exec(ctx, "insert_manners", relays, vantages, probed, caps, orders, flags[0], flags[1], flags[2], flags[3])
}
