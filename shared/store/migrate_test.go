package store_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestMigrationKeepsWhatIsThere fills a database of schema 1 by SQL, brings it up to date, and goes on with it.
func TestMigrationKeepsWhatIsThere(t *testing.T) {
	dsn, quiet := testkit.EmptyPostgres(t), slog.New(slog.DiscardHandler)
	if n, err := store.MigrateTo(t.Context(), dsn, 1, quiet); n != 1 || err != nil {
		t.Fatalf("migrate to 1: got %d, %v, want one migration", n, err)
	}
	conn := connect(t, dsn)
	e := makeEvents(1)[0]
	exec(t, conn, `INSERT INTO relay (url, network, token, accepted_at) VALUES ($1, 'clearnet', 'a_example_com', 1)`, relayA)
	exec(t, conn, `INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig, tag_hashes)
		VALUES ($1, $2, $3, 1, '[["t","tag0"]]', 'event 0', $4, '{}')`, e.ID[:], e.PubKey[:], e.CreatedAt, e.Sig[:])
	exec(t, conn, `INSERT INTO sighting SELECT event_no, relay_no, $1, $1 FROM event, relay`, noon-1000)
	exec(t, conn, `INSERT INTO visit SELECT relay_no, 'sync', 'main', 1, 2, 'done', NULL, 3, 4, 5, 6, 7, 8, '{}' FROM relay`)
	exec(t, conn, `INSERT INTO manners SELECT relay_no, 'main', 1, 500, 'newest', true, false, false, false FROM relay`)
	if number(t, conn, "SELECT count(*) FROM sightings") != 1 {
		t.Fatal("got no sighting in schema 1, want the one that was written")
	}

	if n, err := store.Migrate(t.Context(), dsn, quiet); n < 1 || err != nil {
		t.Fatalf("Migrate: got %d, %v, want the rest of the migrations", n, err)
	}
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	if err := r.VerifySchema(t.Context()); err != nil {
		t.Error(err)
	}
	m, err := r.Manners(t.Context(), relayA)
	if err != nil || m.Cap != 500 || !m.UntilExclusive || m.Hides || m.Auth != "" || m.MaxMessage != 0 {
		t.Errorf("Manners: got %v, %v, want those of schema 1", m, err)
	}
	report, _, err := r.RelayReport(t.Context(), relayA)
	if err != nil || len(report.Visits) != 1 {
		t.Fatalf("RelayReport: got %+v, %v, want one visit", report, err)
	}
	v := report.Visits[0]
	expect(t, "visit", fmt.Sprint(v.NewEvents, v.KnownEvents, v.Bytes, v.LateEvents, v.MissingEvents, v.LiveEvents), "6 7 8 0 0 0")
	expect(t, "sightings, missing", fmt.Sprint(report.Sightings, report.Missing), "1 0")
	held, _, err := r.Held(t.Context(), relayA, event.Filter{}, store.Interval{Since: 0, Until: noon}, 10)
	if err != nil || len(held) != 1 || held[0] != (store.Held{ID: e.ID, CreatedAt: e.CreatedAt}) {
		t.Errorf("Held: got %v, %v, want the event", held, err)
	}
	expect(t, "marked", write(t, s, batchOf(lackingPage(relayA, noon-500, e))).Missing, 1)
	expect(t, "sightings after it was seen once more", write(t, s, batchOf(pageOf(relayA, noon-100, e))).Sightings, 0)
	expect(t, "missing since", missingSince(t, conn, relayA, e), 0)
}

// TestMigrationReadsPolicyOutOfTags compares what the migration makes of old rows with what the writer makes of the same
// events.
func TestMigrationReadsPolicyOutOfTags(t *testing.T) {
	me := key.PubKey().String()
	target := makeEvents(1)[0]
	events := []event.Event{
		target,
		key.Sign(1, 30023, [][]string{{"e", "x"}, {"d", "ä \u2028"}, {"d", "second"}}, ""),
		key.Sign(2, 30023, nil, "no d tag"), key.Sign(3, 30023, [][]string{{"d"}}, "d without a value"),
		key.Sign(4, 1, [][]string{{"expiration", "50"}, {"expiration", "40"}, {"expiration", "soon"}}, "expires"),
		key.Sign(5, 1, [][]string{{"t", "expiration"}, {"expiration", "99999999999999999999"}}, "does not"),
		key.Sign(6, 1, [][]string{{"x"}, {"-"}}, "protected"), key.Sign(7, 1, [][]string{{"t", "-"}}, "not protected"),
		key.Sign(8, 5, [][]string{{"e", target.ID.String()}, {"e", "short"}, {"a", "30023:" + me + ":a:b"}, {"a", "0:" + me + ":"},
			{"a", "0:" + me + ":x"}, {"a", "1:" + me + ":"}, {"a", "30023:" + target.ID.String() + ":a"}, {"a"}}, ""),
		key.Sign(9, 5, [][]string{{"a", "30023:" + me + ":a:b"}}, "newer"),
	}
	old, quiet := testkit.EmptyPostgres(t), slog.New(slog.DiscardHandler)
	if _, err := store.MigrateTo(t.Context(), old, 3, quiet); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, old)
	for _, e := range events {
		tags, content, _ := e.Text()
		exec(t, conn, `INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig, tag_hashes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), tags, content, e.Sig[:], append([]int64{}, e.TagHashes()...))
	}
	if _, err := store.Migrate(t.Context(), old, quiet); err != nil {
		t.Fatal(err)
	}
	fresh := testkit.Postgres(t)
	write(t, testkit.Store(t, fresh), batchOf(pageOf(relayA, noon, events...)))
	type row struct{ Line string }
	const policy = `SELECT concat_ws(' ', 'event', created_at, d_hash, 'expires', expires_at, protected) FROM event
		UNION ALL SELECT concat_ws(' ', 'deletion', id, pubkey) FROM deletion
		UNION ALL SELECT concat_ws(' ', 'address', pubkey, kind, d_hash, deleted_at) FROM address_deletion ORDER BY 1`
	got, want := testkit.Rows[row](t, old, policy), testkit.Rows[row](t, fresh, policy)
	expect(t, "rows of policy", len(want), len(events)+3)
	expect(t, "policy of old rows", got, want)
}
