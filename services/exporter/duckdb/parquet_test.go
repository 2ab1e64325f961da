//go:build cgo

package duckdb

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the driver

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/services/exporter"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// tables are the files of a dump, the types that DuckDB sees in them, and the rows of the archive in the order of the file.
var tables = []struct{ files, types, archive string }{
	{"events/*.parquet",
		"id BLOB, pubkey BLOB, created_at UBIGINT, kind USMALLINT, tags VARCHAR[][], content VARCHAR, sig BLOB, raw BLOB",
		"SELECT id, pubkey, created_at, kind, tags::json AS tags, content, sig, raw FROM event ORDER BY created_at, id"},
	{"sightings/*.parquet",
		"id BLOB, relay VARCHAR, first_seen BIGINT, last_seen BIGINT, missing_since BIGINT",
		`SELECT s.id, s.relay, s.first_seen::bigint, s.last_seen::bigint, s.missing_since::bigint
		FROM sightings s JOIN event e USING (id) JOIN relay r ON r.url = s.relay ORDER BY e.created_at, s.id, r.relay_no`},
	{"relays.parquet",
		"url VARCHAR, network VARCHAR, accepted_at BIGINT, found_at BIGINT",
		"SELECT r.url, r.network, r.accepted_at, c.found_at FROM relay r LEFT JOIN candidate c USING (url) ORDER BY r.url"},
	{"checks/*.parquet",
		"relay VARCHAR, vantage VARCHAR, checked_at BIGINT, check_name VARCHAR, ok BOOLEAN, rtt_ms INTEGER, reason VARCHAR, text VARCHAR, " +
			"dns_ms INTEGER, tcp_ms INTEGER, tls_ms INTEGER, upgrade_ms INTEGER, value BIGINT, degraded BOOLEAN",
		`SELECT r.url, k.vantage, k.checked_at, k.check_name, k.ok, k.rtt_ms, k.reason, k.text, k.dns_ms, k.tcp_ms, k.tls_ms, k.upgrade_ms,
			k.value, k.degraded
		FROM relay_check k JOIN relay r USING (relay_no)
		ORDER BY to_char(to_timestamp(k.checked_at) AT TIME ZONE 'UTC', 'YYYYMM'), k.relay_no, k.vantage, k.checked_at, k.check_name`},
	{"states.parquet",
		"relay VARCHAR, vantage VARCHAR, state VARCHAR, state_since BIGINT, failures INTEGER, failing_since BIGINT, checked_at BIGINT, next_check_at BIGINT",
		`SELECT r.url, s.vantage, s.state, s.state_since, s.failures, s.failing_since, s.checked_at, s.next_check_at
		FROM relay_state s JOIN relay r USING (relay_no) ORDER BY r.url, s.vantage`},
	{"transitions.parquet",
		"relay VARCHAR, vantage VARCHAR, at BIGINT, state VARCHAR, failing BOOLEAN, reason VARCHAR, seen_at BIGINT, seen_until BIGINT",
		`SELECT r.url, t.vantage, t.at, t.state, t.failing, t.reason, t.seen_at, t.seen_until
		FROM relay_transition t JOIN relay r USING (relay_no) ORDER BY r.url, t.vantage, t.at`},
	{"documents.parquet",
		"relay VARCHAR, vantage VARCHAR, type VARCHAR, first_seen BIGINT, last_seen BIGINT, sha256 BLOB, body BLOB",
		"SELECT relay, vantage, type, first_seen, last_seen, sha256, body FROM relay_documents ORDER BY relay, vantage, type, first_seen"},
	{"coverage.parquet",
		"relay VARCHAR, filter VARCHAR, proof INTEGER, walked_on BIGINT, since BIGINT, until BIGINT",
		`SELECT r.url, f.filter, c.proof, extract(epoch FROM c.walked_on)::bigint, lower(i), upper(i) - 1
		FROM coverage c JOIN relay r USING (relay_no) JOIN filter f USING (filter_no), unnest(c.intervals) i ORDER BY r.url, f.filter, c.proof, c.walked_on, lower(i)`},
}

// TestDuckDBReadsWhatIsInTheArchive exports an archive and compares every value and type that DuckDB finds with the rows of
// Postgres, in their order.
func TestDuckDBReadsWhatIsInTheArchive(t *testing.T) {
	dsn, dir := testkit.Postgres(t), t.TempDir()
	fill(t, testkit.Store(t, dsn))
	x := exporter.New(testkit.NATS(t), testkit.Store(t, dsn))
	if _, err := x.Tables(t.Context(), store.Selection{}, dir, false, false); err != nil {
		t.Fatal(err)
	}
	duck, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer duck.Close()
	for _, table := range tables {
		files := "read_parquet('" + filepath.Join(dir, table.files) + "')"
		if got := types(t, duck, files); got != table.types {
			t.Errorf("types of %s: got %s, want %s", table.files, got, table.types)
		}
		got, want := read(t, duck, "SELECT * FROM "+files), archived(t, dsn, table.archive)
		if len(want) == 0 || len(got) != len(want) {
			t.Fatalf("%s: got %d rows, want the %d of the archive, and some", table.files, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s, row %d: got %.300s, want %.300s", table.files, i, got[i], want[i])
			}
		}
	}
	physical(t, duck, filepath.Join(dir, "events/*.parquet"))
}

// physical looks at what DuckDB's types do not tell: lengths and packing.
func physical(t *testing.T, duck *sql.DB, files string) {
	t.Helper()
	got := read(t, duck, "SELECT DISTINCT name, type, type_length FROM parquet_schema('"+files+
		"') WHERE name IN ('id', 'pubkey', 'sig') ORDER BY name")
	want := `"id" "FIXED_LEN_BYTE_ARRAY" "32"|"pubkey" "FIXED_LEN_BYTE_ARRAY" "32"|"sig" "FIXED_LEN_BYTE_ARRAY" "64"`
	if strings.Join(got, "|") != want {
		t.Errorf("columns: got %s, want %s", strings.Join(got, "|"), want)
	}
	if got := read(t, duck, "SELECT DISTINCT compression FROM parquet_metadata('"+files+"')"); !slices.Equal(got, []string{`"ZSTD"`}) {
		t.Errorf("packing: got %v, want zstd alone", got)
	}
}

// fill archives events that are hard to carry over, sightings of them, and checks of four months.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	key, value := event.GenerateKey(), int64(-7)
	texts := []string{"plain", "", "nul \x00", "\u2028 😀 \u202e", "\"\\\n\t\x7f", "\ufffd", string(rune(0xfffe)), strings.Repeat("é", 4_000)}
	one := &ingest.Import{}
	for i := range 1200 {
		text := texts[i%len(texts)]
		e := key.Sign(int64(1_700_000_000+10_000*i), uint16([]int{0, 1, 7, 30023, 65535}[i%5]), [][]string{{"d", text}, {}, {""}, {"t", "x", text}}[:i%5], text)
		one.Events = append(one.Events, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt, Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	last := key.Sign(1<<62, 1, nil, "the future")
	one.Events = append(one.Events, &ingest.Event{Id: last.ID[:], Pubkey: last.PubKey[:], Sig: last.Sig[:], CreatedAt: last.CreatedAt, Kind: 1, Tags: last.Tags, Content: last.Content})
	for r := range 3 {
		seen := &ingest.Sightings{Relay: fmt.Sprintf("wss://%c.example.com", 'c'-r)}
		for i, e := range one.Events[r:] {
			seen.Ids = append(seen.Ids, e.Id...)
			seen.FirstSeen, seen.LastSeen = append(seen.FirstSeen, int64(1_750_000_000+i)), append(seen.LastSeen, int64(1_750_009_000+i))
			seen.MissingSince = append(seen.MissingSince, int64(i%2*1_750_010_000))
		}
		one.Sightings = append(one.Sightings, seen)
	}
	batch := &ingest.Batch{Imports: []*ingest.Import{one},
		Candidates: []*ingest.Candidate{{Url: "wss://a.example.com", Network: "clearnet", Source: "seed", FoundAt: 1_600_000_000}}}
	for i := range 4 {
		batch.Checks = append(batch.Checks, &ingest.Check{Relay: "wss://a.example.com", Vantage: "main", CheckedAt: int64(1_790_000_000 + 3_000_000*i),
			State: "up", StateSince: 1_790_000_000, Degraded: i == 3,
			Documents: []*ingest.Document{document.Message(document.NIP11, []byte{0, byte(i / 2), 0xff})},
			Results: []*ingest.Result{{Check: "open", Ok: true, RttMs: 5, DnsMs: 1, TcpMs: 2, TlsMs: 3, UpgradeMs: 4, Value: &value},
				{Check: "read", Reason: "timeout", Text: "slow \x1b[31m"}}})
	}
	for i := range 3 {
		batch.Pages = append(batch.Pages, &ingest.Page{Parts: 1, Relay: "wss://b.example.com", Filter: "{}", Since: int64(100 * i), Until: int64(100*i + 50),
			Proof: ingest.Proof(1 + i/2), SeenAt: 1_760_000_000})
	}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

func types(t *testing.T, duck *sql.DB, files string) string {
	t.Helper()
	var all []string
	for _, row := range read(t, duck, "SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM "+files+")") {
		all = append(all, strings.Trim(row, `"`))
	}
	return strings.Join(all, ", ")
}

// read returns rows of DuckDB as text.
func read(t *testing.T, duck *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := duck.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		all = append(all, text(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// archived returns rows of Postgres as text.
func archived(t *testing.T, dsn, query string) (all []string) {
	t.Helper()
	for _, values := range testkit.Values(t, dsn, query) {
		all = append(all, text(values))
	}
	return all
}

// text writes the values of a row, whichever of both they come from, in one way.
func text(values []any) string {
	parts := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case nil:
			parts[i] = "null"
		case []byte:
			parts[i] = fmt.Sprintf("%x", v)
		case string:
			parts[i] = fmt.Sprintf("%q", v)
		case []any:
			list, err := json.Marshal(v)
			if err != nil {
				panic(err) // strings in lists
			}
			parts[i] = string(list)
		default:
			parts[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(parts, " ")
}
