package testkit

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Rows runs a query and returns its rows, each read into a T by position: a struct's fields, or the one column.
func Rows[T any](t testing.TB, dsn, query string, args ...any) []T {
	t.Helper()
	rows, err := TryRows[T](t.Context(), dsn, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

// Values runs a query whose columns no type stands for, and returns its rows as pgx reads them.
func Values(t testing.TB, dsn, query string) [][]any {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	values, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return values
}

// TryRows is Rows for a server that may be away.
func TryRows[T any](ctx context.Context, dsn, query string, args ...any) ([]T, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
