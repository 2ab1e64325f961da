package measure

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Fill adds n events by COPY, with the indexes made afterwards: the given events again and again, each time under other
// ids, other times, other authors and other hashes of tags, except that the busiest authors and the commonest tags stay as
// they are, as in a network that grows. What is stored has therefore the sizes of real events and keys as scattered as
// theirs, and is no event: neither id nor signature hold.
func (a *Archive) Fill(ctx context.Context, events []event.Event, n int) error {
	return a.filled(ctx, "event", func() error {
		rows := make([][]any, len(events))
		for i := range events {
			rows[i] = store.EventRow(&events[i], false)
		}
		c := commonOf(rows)
		return a.copy(ctx, "event", store.EventColumns, n, func(i int) []any {
			return c.anew(rows[i%len(rows)], uint64(i/len(rows))+1)
		})
	})
}

// commonShare is the share of the rows that makes an author or a tag common.
const commonShare = 0.001

// common is what a network has more of when it has more events.
type common struct {
	authors map[[32]byte]bool
	hashes  map[int64]bool
}

var tagHashes = slices.Index(store.EventColumns, "tag_hashes")

func commonOf(rows [][]any) common {
	authors, hashes := map[[32]byte]int{}, map[int64]int{}
	for _, row := range rows {
		authors[[32]byte(row[1].([]byte))]++
		for _, h := range row[tagHashes].([]int64) {
			hashes[h]++
		}
	}
	least := int(commonShare*float64(len(rows))) + 1
	return common{oftenIn(authors, least), oftenIn(hashes, least)}
}

func oftenIn[K comparable](counts map[K]int, least int) map[K]bool {
	often := map[K]bool{}
	for key, n := range counts {
		if n >= least {
			often[key] = true
		}
	}
	return often
}

// anew is a row of EventRow under another id and another time, and unless they are common, another author and other hashes.
func (c common) anew(row []any, round uint64) []any {
	row = slices.Clone(row)
	row[0] = scatter(row[0].([]byte), round)
	if author := row[1].([]byte); !c.authors[[32]byte(author)] {
		row[1] = scatter(author, round)
	}
	row[2] = max(0, row[2].(int64)-int64(round*3571))
	hashes := slices.Clone(row[tagHashes].([]int64))
	for i, h := range hashes {
		if !c.hashes[h] {
			hashes[i] = h ^ int64(round*golden)
		}
	}
	slices.Sort(hashes)
	row[tagHashes] = hashes
	return row
}

// golden spreads small numbers over 64 bits.
const golden = 0x9e3779b97f4a7c15

func scatter(id []byte, round uint64) []byte {
	id = slices.Clone(id)
	binary.BigEndian.PutUint64(id, binary.BigEndian.Uint64(id)^round*golden)
	return id
}

// filled runs fill on a table without indexes, and makes them again.
func (a *Archive) filled(ctx context.Context, table string, fill func() error) error {
	constraints, err := a.definitions(ctx, `SELECT format('ALTER TABLE %I DROP CONSTRAINT %I CASCADE', $1::text, conname),
		format('ALTER TABLE %I ADD CONSTRAINT %I %s', $1::text, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype IN ('p', 'u')`, table)
	if err != nil {
		return err
	}
	indexes, err := a.definitions(ctx, `SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		FROM pg_index i WHERE indrelid = $1::text::regclass
		AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))`, table)
	if err != nil {
		return err
	}
	all := slices.Concat(constraints, indexes)
	for _, d := range all {
		if _, err := a.conn.Exec(ctx, d.drop); err != nil {
			return wrap(d.drop, err)
		}
	}
	if err := a.Count(ctx, table, false); err != nil {
		return err
	}
	if err := fill(); err != nil {
		return err
	}
	if err := a.Count(ctx, table, true); err != nil {
		return err
	}
	if _, err := a.conn.Exec(ctx, "SET maintenance_work_mem = '1GB'"); err != nil {
		return wrap("allow memory for indexes", err)
	}
	for _, d := range all {
		if _, err := a.conn.Exec(ctx, d.create); err != nil {
			return wrap(d.create, err)
		}
	}
	_, err = a.conn.Exec(ctx, "ANALYZE "+pgx.Identifier{table}.Sanitize())
	return wrap("analyze "+table, err)
}

// Count switches the triggers of a table, which leave for the counters what changed.
func (a *Archive) Count(ctx context.Context, table string, on bool) error {
	verb := map[bool]string{true: "ENABLE", false: "DISABLE"}[on]
	_, err := a.conn.Exec(ctx, "ALTER TABLE "+pgx.Identifier{table}.Sanitize()+" "+verb+" TRIGGER USER")
	return wrap("switch the triggers of "+table, err)
}

type definition struct{ drop, create string }

func (a *Archive) definitions(ctx context.Context, query, table string) ([]definition, error) {
	rows, err := a.conn.Query(ctx, query, table)
	if err != nil {
		return nil, wrap("read the indexes of "+table, err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d definition, err error) {
		return d, row.Scan(&d.drop, &d.create)
	})
	return found, wrap("read the indexes of "+table, err)
}

// copy sends n rows.
func (a *Archive) copy(ctx context.Context, table string, columns []string, n int, row func(int) []any) error {
	source := pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil })
	if _, err := a.conn.CopyFrom(ctx, pgx.Identifier(strings.Split(table, ".")), columns, source); err != nil {
		return fmt.Errorf("copy %d rows into %s: %w", n, table, err)
	}
	return nil
}
