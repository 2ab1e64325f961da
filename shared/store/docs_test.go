package store_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestDocumentedQueriesRun runs every example of the SQL page as the role that reads.
func TestDocumentedQueriesRun(t *testing.T) {
	dsn := testkit.Postgres(t)
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, makeEvents(20)...)))
	page, err := os.ReadFile("../../docs/reference/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	reader := connect(t, testkit.ReaderURL(dsn))
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1)
	if len(queries) < 10 {
		t.Fatalf("queries: got %d, want those of the page", len(queries))
	}
	for _, query := range queries {
		if _, err := reader.Exec(t.Context(), string(query[1])); err != nil {
			t.Errorf("%s: %v", query[1], err)
		}
	}
}

// TestLatestBreaksTiesByTheLowestID has three versions of a profile, two of one second.
func TestLatestBreaksTiesByTheLowestID(t *testing.T) {
	dsn := testkit.Postgres(t)
	conn := connect(t, testkit.ReaderURL(dsn))
	old, a, b := key.Sign(1, 0, nil, "old"), key.Sign(2, 0, nil, "a"), key.Sign(2, 0, nil, "b")
	one, two := key.Sign(3, 30000, [][]string{{"d", "x"}}, "x"), key.Sign(3, 30000, [][]string{{"d", "y"}}, "y")
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, old, a, b, one, two)))
	expect(t, "replaceable", number(t, conn, "SELECT count(*) FROM events_replaceable_latest"), 1)
	expect(t, "lowest id of the newest second", number(t, conn,
		"SELECT count(*) FROM events_replaceable_latest WHERE id = least($1::bytea, $2::bytea)", a.ID[:], b.ID[:]), 1)
	expect(t, "addressable, by d tag", number(t, conn, "SELECT count(*) FROM events_addressable_latest"), 2)
}

func TestHolesAreWhatIsNotCovered(t *testing.T) {
	dsn := testkit.Postgres(t)
	conn := connect(t, testkit.ReaderURL(dsn))
	page := pageOf(relayA, noon)
	page.Since, page.Until = 0, 1_699_999_999
	write(t, testkit.Store(t, dsn), batchOf(page))
	expect(t, "holes", number(t, conn, "SELECT count(*) FROM relay_holes"), 1)
	expect(t, "its begin", number(t, conn, "SELECT since FROM relay_holes WHERE relay = $1", relayA), 1_700_000_000)
	expect(t, "relay, network and all", number(t, conn, "SELECT count(*) FROM coverage_ratios WHERE ratio BETWEEN 0.3 AND 0.999"), 3)
}
