package measure

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Archive is a database that is measured, seen by its owner.
type Archive struct{ conn *pgx.Conn }

// Open connects.
func Open(ctx context.Context, ownerURL string) (*Archive, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("connect to measure: %w", err)
	}
	return &Archive{conn}, nil
}

// Close ends the connection.
func (a *Archive) Close(ctx context.Context) { _ = a.conn.Close(ctx) } // nothing is in work

// CreateDatabase adds an empty database to the server, in place of one that has the name.
func (a *Archive) CreateDatabase(ctx context.Context, name string) error {
	if _, err := a.conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()); err != nil {
		return wrap("drop a database", err)
	}
	_, err := a.conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	return wrap("create a database", err)
}

// Rows counts the rows of a table.
func (a *Archive) Rows(ctx context.Context, table string) (rows int64, err error) {
	err = a.conn.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&rows)
	return rows, wrap("count the rows of "+table, err)
}

// WAL is how many bytes of write-ahead log the server has written, whoever caused them.
func (a *Archive) WAL(ctx context.Context) (bytes int64, err error) {
	err = a.conn.QueryRow(ctx, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").Scan(&bytes)
	return bytes, wrap("read the position of the log", err)
}

// Rest vacuums tables and writes everything to disk, so that what follows begins alike and is not disturbed.
func (a *Archive) Rest(ctx context.Context, tables ...string) error {
	for _, table := range tables {
		if _, err := a.conn.Exec(ctx, "VACUUM (ANALYZE) "+pgx.Identifier{table}.Sanitize()); err != nil {
			return wrap("vacuum "+table, err)
		}
	}
	_, err := a.conn.Exec(ctx, "CHECKPOINT")
	return wrap("checkpoint", err)
}

// Settle moves the entries of an index that wait in its pending list to their places, as autovacuum would.
func (a *Archive) Settle(ctx context.Context, ginIndex string) error {
	_, err := a.conn.Exec(ctx, "SELECT gin_clean_pending_list($1::text::regclass)", ginIndex)
	return wrap("settle an index", err)
}

// Size is what a table takes on disk.
type Size struct {
	Rows  int64            `json:"rows"`
	Bytes int64            `json:"bytes"`
	Parts map[string]int64 `json:"parts"` // heap, toast with its index and map, each index by name; partitions are summed
}

const sizeOf = `
WITH part AS (
  SELECT oid AS relid FROM pg_class
  WHERE relkind = 'r' AND (oid = $1::text::regclass OR oid IN (SELECT relid FROM pg_partition_tree($1::text::regclass)))
), toast AS (
  SELECT sum(pg_total_relation_size(c.reltoastrelid)) AS bytes FROM part JOIN pg_class c ON c.oid = part.relid WHERE c.reltoastrelid <> 0
), heap AS (
  SELECT sum(pg_table_size(relid)) AS bytes FROM part
), index AS (
  SELECT coalesce(p.relname, c.relname) AS name, sum(pg_relation_size(c.oid)) AS bytes
  FROM part JOIN pg_index i ON i.indrelid = part.relid JOIN pg_class c ON c.oid = i.indexrelid
  LEFT JOIN pg_inherits h ON h.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = h.inhparent
  GROUP BY 1
)
SELECT 'heap', (heap.bytes - coalesce(toast.bytes, 0))::bigint FROM heap, toast
UNION ALL SELECT 'toast', coalesce(bytes, 0)::bigint FROM toast
UNION ALL SELECT name::text, bytes::bigint FROM index`

// Size says what a table takes, and what each part of it.
func (a *Archive) Size(ctx context.Context, table string) (s Size, err error) {
	s.Parts = map[string]int64{}
	rows, err := a.conn.Query(ctx, sizeOf, table)
	if err != nil {
		return s, wrap("measure "+table, err)
	}
	var name string
	var bytes int64
	_, err = pgx.ForEachRow(rows, []any{&name, &bytes}, func() error {
		s.Parts[name] += bytes
		s.Bytes += bytes
		return nil
	})
	if err != nil {
		return s, wrap("measure "+table, err)
	}
	s.Rows, err = a.Rows(ctx, table)
	return s, err
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
