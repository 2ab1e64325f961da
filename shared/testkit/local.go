//go:build !containers

package testkit

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
)

// startPostgres returns the DSN of the server that TEST_DATABASE_URL names, or of a private one.
func startPostgres(ctx context.Context) (dsn, how string, err error) {
	if dsn := os.Getenv("TEST_DATABASE_URL"); dsn != "" {
		return dsn, "the one of TEST_DATABASE_URL", nil
	}
	dir, err := openDir()
	if err != nil {
		return "", "", err
	}
	server := pgd.New(pgd.Config{Dir: dir, Settings: pgd.Fast()}, slog.New(slog.DiscardHandler))
	if err := server.Start(ctx); err != nil {
		_ = os.RemoveAll(dir) // the error of the start matters more
		return "", "", err
	}
	atEnd(func() {
		server.Stop()
		_ = os.RemoveAll(dir) // a leftover in the temporary directory is no test failure
	})
	return server.URL("postgres"), fmt.Sprintf("a private server, process %d", server.Pid()), nil
}

// openDir makes a temporary directory that the user Postgres runs as may walk into.
func openDir() (string, error) {
	dir, err := os.MkdirTemp("", "bigbrotr-test-")
	if err != nil {
		return "", fmt.Errorf("make a directory for Postgres: %w", err)
	}
	return dir, os.Chmod(dir, 0o755)
}

func startNATS(t testing.TB) string {
	t.Helper()
	server := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}, Log(t))
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server.URL()
}
