package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// writeChecks stores the states first: their rows are the lock under which one relay's history of documents is written.
func (a *apply) writeChecks(ctx context.Context) error {
	if len(a.plan.checks) == 0 {
		return nil
	}
	checks := slices.SortedStableFunc(slices.Values(a.plan.checks), func(x, y *ingest.Check) int {
		return cmp.Compare(x.CheckedAt, y.CheckedAt)
	})
	for _, step := range []func(context.Context, []*ingest.Check) error{a.writeStates, a.writeResults, a.writeDocuments} {
		if err := step(ctx, checks); err != nil {
			return err
		}
	}
	a.written.Checks = checks
	for _, c := range checks {
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

// writeStates stores the newest state of each relay and vantage; checks come in the order of their time.
func (a *apply) writeStates(ctx context.Context, checks []*ingest.Check) error {
	newest := map[outlook]*ingest.Check{}
	for _, c := range checks {
		if c.State != "" {
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
	var relays []int32
	var vantages, names []string
	var checked []int64
	var oks []bool
	var rtts []*int32
	var reasons, texts []*string
	for _, c := range checks {
		at := a.outlook(c)
		for _, r := range c.Results {
			relays, vantages, checked = append(relays, at.relay), append(vantages, at.vantage), append(checked, c.CheckedAt)
			names, oks = append(names, short(r.Check, maxName)), append(oks, r.Ok)
			rtts = append(rtts, orNull(small(r.RttMs)))
			reasons = append(reasons, orNull(short(r.Reason, maxToken)))
			texts = append(texts, orNull(short(r.Text, maxRelayText)))
		}
	}
	if len(relays) == 0 {
		return nil
	}
	return a.exec(ctx, "insert_checks", relays, vantages, checked, names, oks, rtts, reasons, texts)
}

// found is one sighting of a document.
type found struct {
	outlook
	name string // of its type
	seen int64
	sum  [32]byte
	url  string
}

// writeDocuments stores bodies once and grows the histories. Of several sightings of one relay's document in a
// transaction, each round of statements takes the oldest that is left.
func (a *apply) writeDocuments(ctx context.Context, checks []*ingest.Check) error {
	var sums, bodies [][]byte
	var sightings []found
	for _, c := range checks {
		for _, d := range c.Documents {
			f := found{a.outlook(c), short(d.Type, maxName), c.CheckedAt, sha256.Sum256(d.Body), c.Relay}
			sums, bodies, sightings = append(sums, f.sum[:]), append(bodies, d.Body), append(sightings, f)
		}
	}
	if len(sums) == 0 {
		return nil
	}
	if err := a.exec(ctx, "insert_documents", sums, bodies); err != nil {
		return err
	}
	for len(sightings) > 0 {
		var round []found
		if round, sightings = oldest(sightings); len(round) > 0 {
			if err := a.writeHistory(ctx, round); err != nil {
				return err
			}
		}
	}
	return nil
}

type chronicle struct {
	outlook
	name string
}

// oldest splits sightings, which are in the order of time, into the first of each history and the rest.
func oldest(sightings []found) (first, rest []found) {
	taken := map[chronicle]bool{}
	for _, f := range sightings {
		key := chronicle{f.outlook, f.name}
		if taken[key] {
			rest = append(rest, f)
		} else {
			first, taken[key] = append(first, f), true
		}
	}
	return first, rest
}

func (a *apply) writeHistory(ctx context.Context, round []found) error {
	byKey := map[chronicle]found{}
	var relays []int32
	var vantages, names []string
	var seen []int64
	var sums [][]byte
	for _, f := range round {
		byKey[chronicle{f.outlook, f.name}] = f
		relays, vantages, names = append(relays, f.relay), append(vantages, f.vantage), append(names, f.name)
		seen, sums = append(seen, f.seen), append(sums, f.sum[:])
	}
	var key chronicle
	var changed bool
	return a.query(ctx, "insert_history", []any{&key.relay, &key.vantage, &key.name, &changed}, func() {
		if changed {
			f := byKey[key]
			a.written.Changed = append(a.written.Changed, Changed{f.url, f.vantage, f.name, f.sum, f.seen})
		}
	}, relays, vantages, names, seen, sums)
}
