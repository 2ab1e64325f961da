package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// writeChecks stores the states first: their rows are the lock under which one relay's history of documents is written.
func (a *apply) writeChecks(ctx context.Context) error {
	if len(a.plan.checks)+len(a.plan.past) == 0 {
		return nil
	}
	checks := slices.SortedStableFunc(slices.Values(a.plan.checks), func(x, y *ingest.Check) int {
		return cmp.Compare(x.CheckedAt, y.CheckedAt)
	})
	for _, step := range []func(context.Context, []*ingest.Check) error{
		a.writeStates, a.writeTransitions, a.writeResults, a.writeDocuments,
	} {
		if err := step(ctx, checks); err != nil {
			return err
		}
	}
	a.written.Checks = slices.DeleteFunc(checks, (*ingest.Check).GetDegraded) // says nothing of a relay: no fact
	for _, c := range a.written.Checks {
		if c.State != "" && c.StateSince == c.CheckedAt {
			a.written.States = append(a.written.States, c)
		}
	}
	return nil
}

type outlook struct {
	relay   int32
	vantage string
}

func (a *apply) outlook(c *ingest.Check) outlook {
	return outlook{a.relays[c.Relay], short(c.Vantage, maxToken)}
}

// writeStates stores the newest state of each relay and vantage, also of those that imports tell.
func (a *apply) writeStates(ctx context.Context, checks []*ingest.Check) error {
	newest := map[outlook]*ingest.Check{}
	for _, c := range slices.Concat(a.plan.past, checks) {
		if old := newest[a.outlook(c)]; c.State != "" && !c.Degraded && (old == nil || old.CheckedAt <= c.CheckedAt) {
			newest[a.outlook(c)] = c
		}
	}
	if len(newest) == 0 {
		return nil
	}
	var relays, failures []int32
	var vantages, states []string
	var since, checked []int64
	var failing, next []*int64
	for at, c := range newest {
		relays, vantages = append(relays, at.relay), append(vantages, at.vantage)
		states, since = append(states, c.State), append(since, c.StateSince)
		failures, failing = append(failures, small(c.Failures)), append(failing, orNull(c.FailingSince))
		checked, next = append(checked, c.CheckedAt), append(next, orNull(c.NextCheckAt))
	}
	return a.exec(ctx, "insert_states", relays, vantages, states, since, failures, failing, checked, next)
}

func (a *apply) writeResults(ctx context.Context, checks []*ingest.Check) error {
	var rows resultRows
	for _, c := range slices.Concat(checks, a.plan.past) {
		for _, r := range c.Results {
			rows.add(a.outlook(c), c, r)
		}
	}
	if len(rows.relays) == 0 {
		return nil
	}
	return a.exec(ctx, "insert_checks", rows.relays, rows.vantages, rows.checked, rows.names, rows.oks, rows.rtts, rows.reasons,
		rows.texts, rows.phases[0], rows.phases[1], rows.phases[2], rows.phases[3], rows.values, rows.degraded)
}

// resultRows are the columns of insert_checks.
type resultRows struct {
	relays          []int32
	vantages, names []string
	checked         []int64
	oks, degraded   []bool
	rtts            []*int32
	reasons, texts  []*string
	phases          [4][]*int32
	values          []*int64
}

func (rows *resultRows) add(at outlook, c *ingest.Check, r *ingest.Result) {
	rows.relays, rows.vantages, rows.checked = append(rows.relays, at.relay), append(rows.vantages, at.vantage), append(rows.checked, c.CheckedAt)
	rows.names, rows.oks = append(rows.names, short(r.Check, maxName)), append(rows.oks, r.Ok)
	rows.rtts = append(rows.rtts, orNull(small(r.RttMs)))
	rows.reasons = append(rows.reasons, orNull(short(r.Reason, maxToken)))
	rows.texts = append(rows.texts, orNull(short(r.Text, maxRelayText)))
	for i, ms := range [...]uint32{r.DnsMs, r.TcpMs, r.TlsMs, r.UpgradeMs} {
		rows.phases[i] = append(rows.phases[i], orNull(small(ms)))
	}
	rows.values, rows.degraded = append(rows.values, r.Value), append(rows.degraded, c.Degraded)
}
