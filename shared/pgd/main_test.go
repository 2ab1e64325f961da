package pgd_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
)

// ownerDir makes this test binary a process that owns a cluster and waits to be killed.
const ownerDir = "PGD_TEST_OWNER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		own(dir)
	}
	goleak.VerifyTestMain(m)
}

// own starts a server, prints its process id and never stops it.
func own(dir string) {
	s := pgd.New(pgd.Config{Dir: dir, Settings: pgd.Fast()}, slog.New(slog.DiscardHandler))
	if err := s.Start(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.Pid())
	time.Sleep(time.Hour)
}

// openDir is a directory of the test that another user may walk into.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// quiet has the log of a test, without Postgres' small talk.
func quiet(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func start(t *testing.T, dir string) *pgd.Server {
	t.Helper()
	s := pgd.New(pgd.Config{Dir: dir, Settings: pgd.Fast()}, quiet(t))
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// ask runs one statement on a connection of its own and returns the first value of its first row.
func ask[T any](t *testing.T, s *pgd.Server, query string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// tell runs one statement without a result.
func tell(t *testing.T, s *pgd.Server, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
