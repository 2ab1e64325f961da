package store_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

func TestEveryStatementCanBePrepared(t *testing.T) {
	conn := connect(t, testkit.Postgres(t))
	exec(t, conn, sql.Query("create_stage"))
	parameter := regexp.MustCompile(`\$[0-9]+`)
	for _, name := range sql.QueryNames() {
		text := sql.Query(name)
		if _, err := conn.Prepare(t.Context(), name, text); err != nil {
			t.Errorf("prepare %s: %v", name, err)
		}
		header, body, _ := strings.Cut(text, "\n")
		if !strings.HasPrefix(header, "-- ") {
			t.Errorf("%s: got header %q, want a comment", name, header)
		}
		for _, p := range parameter.FindAllString(body, -1) {
			if !regexp.MustCompile(`(?m)^--.*` + regexp.QuoteMeta(p) + ` [a-z]`).MatchString(text) {
				t.Errorf("%s: got no word on %s in the header, want its meaning", name, p)
			}
		}
	}
}

// TestEveryStatementIsUsed finds statements that nobody runs any more.
func TestEveryStatementIsUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, "_test.go") {
			code.Write(text)
		}
	}
	for _, name := range sql.QueryNames() {
		if !strings.Contains(code.String(), `"`+name+`"`) {
			t.Errorf("statement %s: got no use in this package, want one", name)
		}
	}
}

func TestTenReplicasMigrateAtOnce(t *testing.T) {
	dsn := testkit.EmptyPostgres(t)
	var applied atomic.Int64
	var replicas sync.WaitGroup
	for range 10 {
		replicas.Go(func() {
			n, err := store.Migrate(t.Context(), dsn, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
			}
			applied.Add(int64(n))
		})
	}
	replicas.Wait()
	expect(t, "migrations applied", applied.Load(), number(t, connect(t, dsn), "SELECT count(*) FROM goose_db_version WHERE version_id > 0"))
	expect(t, "partitions", number(t, connect(t, dsn), "SELECT count(*) FROM pg_inherits WHERE inhparent = 'relay_check'::regclass"), 14)
	if err := testkit.Store(t, dsn).VerifySchema(t.Context()); err != nil {
		t.Errorf("VerifySchema: %v", err)
	}
}

func TestVerifySchemaNamesWhatIsMissing(t *testing.T) {
	for statement, want := range map[string]string{
		"ALTER TABLE visit DROP COLUMN pages":           "column visit.pages",
		"DROP VIEW sightings":                           "table or view sightings",
		"DROP FUNCTION make_check_partitions(integer)":  "function make_check_partitions(integer)",
		"REVOKE INSERT ON event FROM bigbrotr_writer":   "grant of INSERT on event to bigbrotr_writer",
		"REVOKE SELECT ON manners FROM bigbrotr_reader": "grant of SELECT on manners to bigbrotr_reader",
		"DROP TABLE page_part; DROP VIEW events_all":    "schema lacks 2 objects",
	} {
		dsn := testkit.Postgres(t)
		exec(t, connect(t, dsn), statement)
		for _, s := range []*store.Store{testkit.Store(t, dsn), testkit.Reader(t, dsn)} {
			if err := s.VerifySchema(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("after %q: got %v, want %q", statement, err, want)
			}
		}
	}
}

// TestVerifySchemaKnowsEverything compares what is verified with what a migrated database has.
func TestVerifySchemaKnowsEverything(t *testing.T) {
	conn := connect(t, testkit.Postgres(t))
	rows, err := conn.Query(t.Context(), `SELECT table_name::text, column_name::text FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'relay\_check\_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	text, columns := sql.Query("missing_objects"), 0
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		columns++
		if !regexp.MustCompile(fmt.Sprintf(`\('%s', '[^']*\b%s\b`, table, column)).MatchString(text) {
			t.Errorf("column %s.%s: got no mention in missing_objects, want one", table, column)
		}
	}
	if columns < 80 {
		t.Errorf("columns: got %d, want the whole schema", columns)
	}
}
