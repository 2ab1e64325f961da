//go:build !containers

package testkit

import (
	"os"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// PrivatePostgres returns a migrated server of the test's own, which it may stop and start; the database is "postgres".
// The address stays the same. What was committed survives, whatever happens to the process.
func PrivatePostgres(t testing.TB) *pgd.Server {
	t.Helper()
	dir, err := openDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary directory is no test failure
	server := pgd.New(pgd.Config{Dir: dir}, Log(t))
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if _, err := store.Migrate(t.Context(), server.URL("postgres"), Log(t)); err != nil {
		t.Fatal(err)
	}
	return server
}
