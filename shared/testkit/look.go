package testkit

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Number returns the one number that a query answers with; services look at rows with it, for they have no driver.
func Number(t testing.TB, dsn, query string, args ...any) (n int64) {
	t.Helper()
	conn := dial(t, dsn)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Exec runs statements as the owner, mostly to break something on purpose.
func Exec(t testing.TB, dsn, statements string) {
	t.Helper()
	if err := TryExec(t, dsn, statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

// TryExec runs statements that may fail.
func TryExec(t testing.TB, dsn, statements string) error {
	t.Helper()
	conn := dial(t, dsn)
	defer conn.Close(context.Background())
	_, err := conn.Exec(t.Context(), statements)
	return err
}

func dial(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
