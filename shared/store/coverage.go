package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// writeCoverage stores the intervals of pages whose events are all here. The rows are locked before the parts of pages
// are counted: of two writers with a part each, the second waits for the first and then sees both parts.
func (a *apply) writeCoverage(ctx context.Context) error {
	pages := a.provenPages()
	if len(pages) == 0 {
		return nil
	}
	if err := a.writeFilters(ctx, pages); err != nil {
		return err
	}
	rows := a.coverageRows(pages)
	for _, statement := range []string{"insert_coverage", "lock_coverage"} {
		if err := a.exec(ctx, statement, rows.relays, rows.filters, rows.proofs, rows.days); err != nil {
			return err
		}
	}
	whole, err := a.wholePages(ctx, pages)
	if err != nil || len(whole) == 0 {
		return err
	}
	a.written.Intervals = len(whole)
	rows = a.coverageRows(whole)
	since, until := make([]int64, len(whole)), make([]int64, len(whole))
	for i, pg := range whole {
		since[i], until[i] = pg.since, pg.until
	}
	return a.exec(ctx, "extend_coverage", rows.relays, rows.filters, rows.proofs, rows.days, since, until)
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
		if _, ok := a.events[id]; !ok {
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

func (a *apply) coverageRows(pages []*page) (rows coverageRows) {
	for _, pg := range pages {
		sum := sha256.Sum256([]byte(pg.filter))
		rows.relays = append(rows.relays, a.relays[pg.relay])
		rows.filters = append(rows.filters, a.filters[string(sum[:])])
		rows.proofs = append(rows.proofs, pg.proof)
		rows.days = append(rows.days, day(min(pg.seen, a.plan.seconds(0)))) // settles nothing that is still to come
	}
	return rows
}

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
