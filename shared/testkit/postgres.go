package testkit

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const setupTimeout = 3 * time.Minute

// cluster is the Postgres of this process and its template.
type cluster struct {
	admin    string // DSN of the maintenance database, as superuser or owner
	template string
}

// shared is the one cluster of the process; an error is the same for every test.
var shared = sync.OnceValues(func() (*cluster, error) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	admin, how, err := startPostgres(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "testkit: Postgres is %s\n", how)
	c := &cluster{admin: admin, template: fmt.Sprintf("bigbrotr_template_%d", os.Getpid())}
	if err := c.run(ctx, "CREATE DATABASE "+c.template); err != nil {
		return nil, err
	}
	atEnd(func() { _ = c.drop(c.template) }) // a private server is gone a moment later anyway
	if _, err := store.Migrate(ctx, withDatabase(admin, c.template), slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	return c, nil
})

var databases atomic.Int64

// Postgres returns the owner's DSN of a fresh, migrated database, which is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
	name := fmt.Sprintf("bigbrotr_test_%d_%d", os.Getpid(), databases.Add(1))
	if err := c.run(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+c.template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.drop(name); err != nil {
			t.Error(err)
		}
	})
	return withDatabase(c.admin, name)
}

// EmptyPostgres returns the owner's DSN of a fresh database without any schema.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	dsn := Postgres(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// WriterURL returns the DSN of the same database for the role of the writer.
func WriterURL(dsn string) string { return withUser(dsn, "bigbrotr_writer") }

// ReaderURL returns the DSN of the same database for the role that reads.
func ReaderURL(dsn string) string { return withUser(dsn, "bigbrotr_reader") }

// EraserURL returns the DSN of the same database for the role that erases.
func EraserURL(dsn string) string { return withUser(dsn, "bigbrotr_eraser") }

// ResearcherURL returns the DSN of the same database for the role that sees what is hidden.
func ResearcherURL(dsn string) string { return withUser(dsn, "bigbrotr_researcher") }

// RefresherURL returns the DSN of the same database for the role that folds counters and cleans up.
func RefresherURL(dsn string) string { return withUser(dsn, "bigbrotr_refresher") }

// Refresher returns a store on the database as the role that folds counters and cleans up, closed when the test ends.
func Refresher(t testing.TB, dsn string) *store.Store { return open(t, RefresherURL(dsn), "refresher") }

// Store returns a store on the database as the writer's role, closed when the test ends.
func Store(t testing.TB, dsn string) *store.Store { return open(t, WriterURL(dsn), "writer") }

// Reader returns a store on the database as the role that reads, closed when the test ends.
func Reader(t testing.TB, dsn string) *store.Store { return open(t, ReaderURL(dsn), "reader") }

// Eraser returns a store on the database as the role that erases, closed when the test ends.
func Eraser(t testing.TB, dsn string) *store.Store { return open(t, EraserURL(dsn), "eraser") }

func open(t testing.TB, dsn, service string) *store.Store {
	t.Helper()
	s, err := store.Open(store.Config{URL: dsn, Service: service, MaxConns: 8}, Log(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (c *cluster) run(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func (c *cluster) drop(database string) error {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	return c.run(ctx, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)")
}

func withDatabase(dsn, name string) string {
	u := mustURL(dsn)
	u.Path = "/" + name
	return u.String()
}

// withUser changes the user. The roles of a test server have no password: it must trust its own machine.
func withUser(dsn, user string) string {
	u := mustURL(dsn)
	u.User = url.User(user)
	return u.String()
}

func mustURL(dsn string) *url.URL {
	u, err := url.Parse(dsn)
	if err != nil {
		panic(fmt.Sprintf("DSN of a test database is not a URL: %v", err))
	}
	return u
}
