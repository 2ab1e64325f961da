package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// writeCoverage takes back what is revoked and stores the intervals of pages whose events are all here. The rows of both
// are locked first and together: two lists that are each in key order are not in key order one after the other. And
// before the parts of pages are counted: of two writers with a part each, the second waits for the first and then sees
// both parts.
func (a *apply) writeCoverage(ctx context.Context) error {
	pages := a.provenPages()
	revoked, err := a.probeRevoked(ctx)
	if err != nil || len(pages)+len(revoked.since) == 0 {
		return err
	}
	if err := a.lockCoverage(ctx, pages, revoked); err != nil {
		return err
	}
	if a.written.Revoked, err = a.changeCoverage(ctx, "revoke_coverage", revoked); err != nil {
		return err
	}
	return a.extendCoverage(ctx, pages)
}

func (a *apply) lockCoverage(ctx context.Context, pages []*page, revoked intervalRows) error {
	if err := a.writeFilters(ctx, pages); err != nil {
		return err
	}
	var rows coverageRows
	for _, pg := range pages {
		rows.add(a.keyOf(pg))
	}
	if err := a.exec(ctx, "insert_coverage", rows.relays, rows.filters, rows.proofs, rows.days); err != nil {
		return err
	}
	rows.addAll(revoked.coverageRows)
	return a.exec(ctx, "lock_coverage", rows.relays, rows.filters, rows.proofs, rows.days)
}

func (a *apply) extendCoverage(ctx context.Context, pages []*page) error {
	whole, err := a.wholePages(ctx, pages)
	if err != nil {
		return err
	}
	var proven intervalRows
	for _, pg := range whole {
		for _, i := range a.standing(pg) {
			proven.add(a.keyOf(pg), i)
		}
	}
	a.written.Intervals = len(whole)
	_, err = a.changeCoverage(ctx, "extend_coverage", proven)
	return err
}

func (a *apply) changeCoverage(ctx context.Context, statement string, r intervalRows) (int, error) {
	if len(r.since) == 0 {
		return 0, nil
	}
	return a.count(ctx, statement, r.relays, r.filters, r.proofs, r.days, r.since, r.until)
}

// provenPages returns the pages, or parts of them, that bring an interval and all of their known ids. A known id that
// is not stored means that the worker believed in something that is gone: such a page proves nothing.
func (a *apply) provenPages() (pages []*page) {
	for _, pg := range a.plan.pages {
		switch {
		case !pg.claims():
		case pg.sound() && a.hasAll(pg):
			pages = append(pages, pg)
		default:
			a.written.IntervalsRefused++
		}
	}
	return pages
}

func (a *apply) hasAll(pg *page) bool {
	for _, id := range pg.known {
		_, stored := a.events[id]
		if _, gone := a.removed[id]; !stored && !gone {
			return false
		}
	}
	return true
}

// wholePages stores the parts that came and returns the pages of which every part has come, one of each.
func (a *apply) wholePages(ctx context.Context, pages []*page) (whole []*page, err error) {
	var ids [][]byte
	var parts []int32
	var seen []int64
	first := map[string]*page{}
	for _, pg := range pages {
		if pg.parts == 1 {
			whole = append(whole, pg)
			continue
		}
		ids, parts, seen = append(ids, pg.id), append(parts, pg.part), append(seen, int64(pg.seen))
		first[string(pg.id)] = pg
	}
	if len(ids) == 0 {
		return whole, nil
	}
	if err := a.exec(ctx, "insert_parts", ids, parts, seen); err != nil {
		return nil, err
	}
	var id []byte
	var n int32
	err = a.query(ctx, "count_parts", []any{&id, &n}, func() {
		if pg := first[string(id)]; n >= pg.parts {
			whole = append(whole, pg)
		}
	}, ids)
	return whole, err
}

// coverageRows are the key columns of coverage.
type coverageRows struct {
	relays, filters []int32
	proofs          []int16
	days            []time.Time
}

func (r *coverageRows) add(key coverageKey) {
	r.relays, r.filters = append(r.relays, key.relay), append(r.filters, key.filter)
	r.proofs, r.days = append(r.proofs, key.proof), append(r.days, key.day)
}

func (r *coverageRows) addAll(o coverageRows) {
	r.relays, r.filters = append(r.relays, o.relays...), append(r.filters, o.filters...)
	r.proofs, r.days = append(r.proofs, o.proofs...), append(r.days, o.days...)
}

// intervalRows are intervals and the rows they change.
type intervalRows struct {
	coverageRows
	since, until []int64
}

func (r *intervalRows) add(key coverageKey, i Interval) {
	r.coverageRows.add(key)
	r.since, r.until = append(r.since, i.Since), append(r.until, i.Until)
}

// coverageKey is the key of one row of coverage.
type coverageKey struct {
	relay, filter int32
	proof         int16
	day           time.Time
}

func (a *apply) keyOf(pg *page) coverageKey {
	sum := sha256.Sum256([]byte(pg.filter))
	return coverageKey{a.relays[pg.relay], a.filters[string(sum[:])], pg.proof, a.dayOf(pg)}
}

// dayOf is the day of a page's walk; it settles nothing that is still to come.
func (a *apply) dayOf(pg *page) time.Time { return day(min(pg.seen, a.plan.seconds(0))) }

// writeFilters finds or adds the filters of pages.
func (a *apply) writeFilters(ctx context.Context, pages []*page) error {
	texts := map[string]string{}
	for _, pg := range pages {
		sum := sha256.Sum256([]byte(pg.filter))
		texts[string(sum[:])] = pg.filter
	}
	keys := make([]string, 0, len(texts))
	for key := range texts {
		keys = append(keys, key)
	}
	var missing []string
	if a.filters, missing = a.store.filters.find(keys); len(missing) == 0 {
		return nil
	}
	sums, filters := make([][]byte, len(missing)), make([]string, len(missing))
	for i, key := range missing {
		sums[i], filters[i] = []byte(key), texts[key]
	}
	var sum []byte
	var no int32
	found := func() { a.filters[string(sum)] = no }
	if err := a.query(ctx, "filters_by_hash", []any{&sum, &no}, found, sums); err != nil || a.hasFilters(missing) {
		return err
	}
	if err := a.query(ctx, "insert_filters", []any{&sum, &no}, found, sums, filters); err != nil || a.hasFilters(missing) {
		return err
	}
	return a.query(ctx, "filters_by_hash", []any{&sum, &no}, found, sums)
}

func (a *apply) hasFilters(keys []string) bool {
	for _, key := range keys {
		if _, ok := a.filters[key]; !ok {
			return false
		}
	}
	return true
}

// DropOldParts forgets up to limit parts of pages that were seen before the given time. Parts are kept after their page
// is complete, so that a part that comes again finds it complete.
func (s *Store) DropOldParts(ctx context.Context, before time.Time, limit int) (dropped int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		dropped, err = a.count(ctx, "drop_old_parts", before.Unix(), limit)
		return err
	})
	return dropped, err
}

// Interval is a closed interval of created_at, both ends included, in unix seconds.
type Interval struct{ Since, Until int64 }

// Covered is what was proven in one way on one day.
type Covered struct {
	Proof     ingest.Proof
	WalkedOn  time.Time // midnight UTC
	Intervals []Interval
}

// Coverage returns what is proven of a relay under a canonical filter, oldest intervals first.
func (s *Store) Coverage(ctx context.Context, relayURL, filter string) (covered []Covered, err error) {
	sum := sha256.Sum256([]byte(plain(filter)))
	err = s.read(ctx, func(tx pgx.Tx) error {
		covered = nil
		var proof int16
		var on time.Time
		var i Interval
		return query(ctx, tx, "coverage", []any{&proof, &on, &i.Since, &i.Until}, func() {
			last := len(covered) - 1
			if last < 0 || covered[last].Proof != ingest.Proof(proof) || !covered[last].WalkedOn.Equal(on) {
				covered = append(covered, Covered{Proof: ingest.Proof(proof), WalkedOn: on})
				last++
			}
			covered[last].Intervals = append(covered[last].Intervals, i)
		}, relayURL, sum[:])
	})
	return covered, err
}
