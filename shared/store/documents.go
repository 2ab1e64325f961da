package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// found is one sighting of a document.
type found struct {
	outlook
	name string // of its type
	seen int64
	sum  [32]byte
	url  string
	told bool // by an import: no fact
}

// brought are the documents of checks.
type brought struct {
	sums, bodies [][]byte
	sightings    []found
}

func (b *brought) add(at outlook, c *ingest.Check, told bool) {
	for _, d := range c.Documents {
		f := found{at, short(d.Type, maxName), c.CheckedAt, sha256.Sum256(d.Body), c.Relay, told}
		b.sums, b.bodies = append(b.sums, f.sum[:]), append(b.bodies, append([]byte{}, d.Body...)) // never null
		b.sightings = append(b.sightings, f)
	}
}

// writeDocuments stores bodies once and grows the histories. Of several sightings of one relay's document in a
// transaction, each round of statements takes the oldest that is left.
func (a *apply) writeDocuments(ctx context.Context, checks []*ingest.Check) error {
	var b brought
	for _, c := range checks {
		b.add(a.outlook(c), c, false)
	}
	if err := a.addPast(ctx, &b); err != nil || len(b.sums) == 0 {
		return err
	}
	if err := a.exec(ctx, "insert_documents", b.sums, b.bodies); err != nil {
		return err
	}
	slices.SortStableFunc(b.sightings, func(x, y found) int { return cmp.Compare(x.seen, y.seen) })
	for rest := b.sightings; len(rest) > 0; {
		var round []found
		if round, rest = oldest(rest); len(round) > 0 {
			if err := a.writeHistory(ctx, round); err != nil {
				return err
			}
		}
	}
	return nil
}

// addPast takes the documents of told checks along, and locks their histories: these checks say no state, whose row is the
// lock of others.
func (a *apply) addPast(ctx context.Context, b *brought) error {
	var relays []int32
	for _, c := range a.plan.past {
		if len(c.Documents) > 0 {
			relays = append(relays, a.relays[c.Relay])
			b.add(a.outlook(c), c, true)
		}
	}
	if len(relays) == 0 {
		return nil
	}
	return a.exec(ctx, "lock_told_documents", relays)
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
		if f := byKey[key]; changed && !f.told {
			a.written.Changed = append(a.written.Changed, Changed{f.url, f.vantage, f.name, f.sum, f.seen})
		}
	}, relays, vantages, names, seen, sums)
}
