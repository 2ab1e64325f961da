package store_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

// furniture is rows for every table, by the schema that brought it; each statement is valid in that schema and in all later
// ones. $1 … are what a migration might read.
var furniture = []struct {
	since     int64
	table     string
	statement string
}{
	{1, "candidate", `INSERT INTO candidate (url, network, found_at, tries, reason) VALUES ('wss://a.example.com', 'clearnet', 1, 2, 'timeout')`},
	{1, "candidate_source", `INSERT INTO candidate_source SELECT candidate_no, 'seed', 1 FROM candidate`},
	{1, "relay", `INSERT INTO relay (url, network, token, accepted_at) VALUES ('wss://a.example.com', 'clearnet', 'a_example_com', 2)`},
	{1, "filter", `INSERT INTO filter (sha256, filter) VALUES (sha256('{}'), '{}')`},
	{1, "coverage", `INSERT INTO coverage SELECT relay_no, filter_no, 1, '2026-01-01', '{[0,1700000000]}' FROM relay, filter`},
	{1, "page_part", `INSERT INTO page_part VALUES (substr(sha256('p'), 1, 16), 0, 3)`},
	{1, "relay_state", `INSERT INTO relay_state SELECT relay_no, 'main', 'up', 1, 0, NULL, 2, 3 FROM relay`},
	{1, "relay_check", `INSERT INTO relay_check (relay_no, vantage, checked_at, check_name, ok, rtt_ms)
		SELECT relay_no, 'main', t, 'open', true, 40 FROM relay, unnest(ARRAY[2, 1790000000]) AS t`},
	{1, "document", `INSERT INTO document (sha256, body) VALUES (sha256('{"name":"a"}'), '{"name":"a"}')`},
	{1, "relay_document", `INSERT INTO relay_document SELECT relay_no, 'main', 'nip11', 1, 2, document_no FROM relay, document`},
	{1, "visit", `INSERT INTO visit (relay_no, job, vantage, started_at, ended_at, outcome, requests, pages, new_events, known_events, bytes, rejected)
		SELECT relay_no, 'sync', 'main', 1, 2, 'done', 4, 5, 6, 7, 8, '{"bad_signature": 2}' FROM relay`},
	{1, "manners", `INSERT INTO manners (relay_no, vantage, probed_at, cap, answer_order, until_exclusive, since_exclusive, ignores_until, ignores_since)
		SELECT relay_no, 'main', 1, 500, 'newest', true, false, false, false FROM relay`},
	{1, "quarantine", `INSERT INTO quarantine (sha256, raw, reason, quarantined_at) VALUES (sha256('x'), 'x', 'bad_signature', 1)`},
	{3, "optout", `INSERT INTO optout VALUES ('b.example.com', 'asked', 1)`},
	{5, "relay_transition", `INSERT INTO relay_transition SELECT relay_no, 'main', 1, 'up', false, NULL, 1, 2 FROM relay`},
	{6, "publication", `INSERT INTO publication SELECT sha256('k'), 30166, relay_no, 'wss://p.example.com', sha256('e'), sha256('c'), 1, true, NULL FROM relay`},
	{10, "deletion", `INSERT INTO deletion VALUES (sha256('gone'), sha256('somebody')) ON CONFLICT DO NOTHING`},
	{10, "address_deletion", `INSERT INTO address_deletion VALUES (sha256('somebody'), 30023, 5, 6)`},
	{10, "tombstone", `INSERT INTO tombstone VALUES (sha256('down'), 'event', 9, 8, 9)`},
	{10, "takedown", `INSERT INTO takedown (target, cause, reason, entered_by, entered_at) VALUES (sha256('down'), 'event', 'law', 'me', 8)`},
	{11, "relay_reject", `INSERT INTO relay_reject SELECT relay_no, 'sync', 99, 'bad_hex', 3 FROM relay`},
}

// settlers are the events of an old archive: of each class that a migration may look into.
func settlers() []event.Event {
	note := key.Sign(1_700_000_000, 1, [][]string{{"t", "tag"}}, "a note")
	return []event.Event{note,
		key.Sign(1_700_000_001, 30023, [][]string{{"d", "post"}}, "an article"),
		key.Sign(1_700_000_002, 30023, nil, "an article without a name"),
		key.Sign(1_700_000_003, 1, [][]string{{"expiration", "4000000000"}}, "not for ever"),
		key.Sign(1_700_000_004, 1, [][]string{{"expiration", "soon"}, {}, {"d", "x"}}, "nul \x00 and a tag of nothing"),
		key.Sign(1_700_000_005, 7, [][]string{{"e", note.ID.String()}, {"a", "30023:zz:"}}, "+"),
		key.Sign(1_700_000_006, 5, [][]string{{"e", strings.Repeat("0", 64)}, {"a", "30023:" + key.PubKey().String() + ":old"}}, ""),
		key.Sign(1_700_000_007, 1, [][]string{{"-"}}, "protected"),
	}
}

// TestEveryEarlierSchemaIsUpgraded fills a database of each schema that ever was with every table that it had, migrates it
// to the newest, and goes on with it: no row is lost, every view answers, every event is given back as it was signed, and
// what comes again is known.
func TestEveryEarlierSchemaIsUpgraded(t *testing.T) {
	versions := schemas(t)
	for _, version := range versions[:len(versions)-1] {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			dsn, quiet := testkit.EmptyPostgres(t), slog.New(slog.DiscardHandler)
			if _, err := store.MigrateTo(t.Context(), dsn, version, quiet); err != nil {
				t.Fatal(err)
			}
			conn, events := connect(t, dsn), settlers()
			before := settle(t, conn, version, events)
			if n, err := store.Migrate(t.Context(), dsn, quiet); n < 1 || err != nil {
				t.Fatalf("Migrate: got %d, %v, want the rest of the migrations", n, err)
			}
			for table, rows := range before {
				if after := number(t, conn, "SELECT count(*) FROM "+table); after < rows {
					t.Errorf("%s: got %d rows, want the %d of before", table, after, rows)
				}
			}
			goOn(t, dsn, conn, events)
		})
	}
}

// schemas lists the versions of the migrations.
func schemas(t *testing.T) (versions []int64) {
	t.Helper()
	names, err := fs.Glob(sql.Migrations(), "*.sql")
	if err != nil || len(names) < 2 {
		t.Fatalf("migrations: got %v, %v, want several", names, err)
	}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, version)
	}
	return versions
}

// settle fills the tables of a schema and counts their rows. Events are written in the columns that every schema has.
func settle(t *testing.T, conn *pgx.Conn, version int64, events []event.Event) map[string]int64 {
	t.Helper()
	tables := []string{"event", "sighting"}
	for _, f := range furniture {
		if f.since <= version {
			exec(t, conn, f.statement)
			tables = append(tables, f.table)
		}
	}
	for i := range events {
		e := &events[i]
		tags, content, exact := e.Text()
		var raw []byte
		if !exact {
			raw = e.Raw()
		}
		exec(t, conn, `INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig, raw, tag_hashes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9::bigint[], '{}'))`,
			e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), tags, content, e.Sig[:], raw, e.TagHashes())
	}
	exec(t, conn, `INSERT INTO sighting (event_no, relay_no, first_seen, last_seen) SELECT event_no, relay_no, $1::integer, $1::integer FROM event, relay`, noon-1000)
	if version >= 10 { // the writer of that schema says so itself
		exec(t, conn, `UPDATE event SET protected = true WHERE content = 'protected'`)
	}
	counts := map[string]int64{}
	for _, table := range tables {
		if counts[table] = number(t, conn, "SELECT count(*) FROM "+table); counts[table] == 0 {
			t.Errorf("%s of schema %d: got no row, want some", table, version)
		}
	}
	return counts
}

// goOn uses an upgraded database in every role.
func goOn(t *testing.T, dsn string, conn *pgx.Conn, events []event.Event) {
	t.Helper()
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	if err := r.VerifySchema(t.Context()); err != nil {
		t.Error(err)
	}
	rows, err := conn.Query(t.Context(), "SELECT viewname::text FROM pg_views WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	views, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(views) < 5 {
		t.Fatalf("views: got %v, %v, want all", views, err)
	}
	for _, view := range views {
		exec(t, conn, "SELECT * FROM "+view)
	}
	expect(t, "events given back", len(readAll(t, r, store.Selection{})), len(events))
	expect(t, "events that may be shown", number(t, conn, "SELECT count(*) FROM events"), len(events)-1) // all but the protected one
	again := write(t, s, batchOf(pageOf(relayA, noon, events...)))
	expect(t, "new events, known, new sightings", fmt.Sprint(again.Events, again.Known, again.Sightings), fmt.Sprintf("0 %d 0", len(events)))
	fresh := makeEvents(3)
	expect(t, "events of the new schema", write(t, s, &ingest.Batch{Pages: []*ingest.Page{pageOf(relayB, noon, fresh...)}}).Events, 3)
}
