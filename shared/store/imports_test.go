package store_test

import (
	"fmt"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func importOf(events []event.Event, sightings ...*ingest.Sightings) *ingest.Batch {
	return &ingest.Batch{Version: ingest.Version, Imports: []*ingest.Import{{Source: "jsonl", ReadAt: noon,
		Events: wire(events...), Sightings: sightings}}}
}

func sightingsOf(relay string, first, last, missing int64, events ...event.Event) *ingest.Sightings {
	s := &ingest.Sightings{Relay: relay, Ids: ids(events...)}
	for range events {
		s.FirstSeen, s.LastSeen = append(s.FirstSeen, first), append(s.LastSeen, last)
		s.MissingSince = append(s.MissingSince, missing)
	}
	return s
}

// TestImportsBringEventsWithoutARelay writes events that no relay served: no sighting and no coverage comes of them.
func TestImportsBringEventsWithoutARelay(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(3)
	forged := events[2]
	forged.ID[0] ^= 1
	batch := importOf([]event.Event{events[0], events[1], forged})
	batch.Imports[0].Refused = []*ingest.Refused{{Raw: []byte("{broken"), Reason: "bad_json"}}
	w := write(t, s, batch, batch)
	expect(t, "new, quarantined", fmt.Sprint(w.Events, w.Quarantined), "2 4")
	expect(t, "archived by no relay", fmt.Sprintf("%d %q", len(w.Archived), w.Archived[0].Relay), `4 ""`)
	for table, want := range map[string]int64{"event": 2, "sighting": 0, "coverage": 0, "relay": 0, "quarantine": 2} {
		expect(t, table, number(t, conn, "SELECT count(*) FROM "+table), want)
	}
	expect(t, "new when it comes again", write(t, s, batch).Events, 0)
}

// TestImportsTellOfSightings merges what another archive saw with what is here.
func TestImportsTellOfSightings(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(4)
	write(t, s, batchOf(pageOf(relayA, noon-1000, events[0], events[1])))

	told := importOf(events[2:3],
		sightingsOf(relayA, noon-5000, noon-2000, noon-1500, events[0]), // longer ago; what is here is newer
		sightingsOf(relayA, noon-500, noon-400, noon-300, events[1]),    // newer, and then missing
		sightingsOf(relayB, noon-9000, noon-8000, 0, events[2]),         // new
		sightingsOf(relayB, noon, noon, 0, events[3]))                   // of an event that nobody has
	for range 2 {
		write(t, s, told)
	}
	spans := func(relay string, e event.Event) string {
		var first, last, missing int64
		if err := conn.QueryRow(t.Context(), `SELECT first_seen, last_seen, coalesce(missing_since, 0) FROM sightings
			WHERE relay = $1 AND id = $2`, relay, e.ID[:]).Scan(&first, &last, &missing); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(noon-first, noon-last, max(0, noon-missing)%noon)
	}
	expect(t, "stretched back", spans(relayA, events[0]), "5000 1000 0")
	expect(t, "stretched on", spans(relayA, events[1]), "1000 400 300")
	expect(t, "new", spans(relayB, events[2]), "9000 8000 0")
	expect(t, "sightings", number(t, conn, "SELECT count(*) FROM sighting"), 3)
	expect(t, "relays met", number(t, conn, "SELECT accepted_at FROM relay WHERE url = $1", relayB), noon-9000)
}

// TestImportedSightingsNeedTheirTimes refuses what would be put beside the wrong event.
func TestImportedSightingsNeedTheirTimes(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(2)
	short := sightingsOf(relayA, noon, noon, 0, events...)
	short.LastSeen = short.LastSeen[:1]
	cut := sightingsOf(relayA, noon, noon, 0, events...)
	cut.Ids = cut.Ids[:40]
	nowhere := sightingsOf("file:///a", noon, noon, 0, events...)
	w := write(t, s, importOf(events, short, cut, nowhere))
	expect(t, "events, sightings, quarantined", fmt.Sprint(w.Events, w.Sightings, w.Quarantined), "2 0 3")
	expect(t, "sightings", number(t, conn, "SELECT count(*) FROM sighting"), 0)
}

// TestCarefulImports finds the one event that Postgres refuses, and keeps the sightings of the others.
func TestCarefulImports(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	exec(t, conn, "ALTER TABLE event ADD CONSTRAINT poison CHECK (content <> 'event 1')")
	events := makeEvents(3)
	w, err := s.WriteCarefully(t.Context(), []*ingest.Batch{importOf(events, sightingsOf(relayA, noon, noon, 0, events...))}, options)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "new, sightings, quarantined", fmt.Sprint(w.Events, w.Sightings, w.Quarantined), "2 2 1")
}

// TestImportsTellOfDocuments writes past documents, twice and out of order: they are history and no news.
func TestImportsTellOfDocuments(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	past := func(at int64, body string) *ingest.Check {
		return &ingest.Check{Relay: relayA, Vantage: "elsewhere", CheckedAt: at, Documents: []*ingest.Document{{Type: "nip11", Body: []byte(body)}}}
	}
	told := importOf(nil)
	told.Imports[0].Checks = []*ingest.Check{past(noon-100, `{"name":"b"}`), past(noon-300, `{"name":"a"}`), past(noon-200, `{"name":"a"}`)}
	for range 2 {
		w := write(t, s, told)
		expect(t, "facts", len(w.Changed)+len(w.Checks)+len(w.States), 0)
	}
	expect(t, "bodies", number(t, conn, "SELECT count(*) FROM document"), 2)
	expect(t, "versions", number(t, conn, "SELECT count(*) FROM relay_document"), 2)
	expect(t, "the first one", number(t, conn, "SELECT count(*) FROM relay_document WHERE first_seen = $1 AND last_seen = $1 + 100", noon-300), 1)
}

// TestImportsTellOfTransitions writes a history of states twice and out of order, beside an event that Postgres refuses; of
// one row the dump of later says that it lasted longer.
func TestImportsTellOfTransitions(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(2)
	exec(t, conn, poison(events[1].ID))
	row := func(at, seen int64, state, reason string) *ingest.Transition {
		return &ingest.Transition{Relay: relayA, Vantage: "elsewhere", At: at, State: state, Failing: reason != "", Reason: reason, SeenAt: seen, SeenUntil: seen + 100}
	}
	told := importOf(events)
	told.Imports[0].Transitions = []*ingest.Transition{row(noon-100, noon-50, "up", ""), row(noon-300, noon-200, "down", "timeout"), row(noon-100, noon-90, "up", "")}
	for range 2 {
		w, err := s.WriteCarefully(t.Context(), []*ingest.Batch{told}, options)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "facts", len(w.Changed)+len(w.Checks)+len(w.States), 0)
	}
	later := importOf(nil)
	later.Imports[0].Transitions = []*ingest.Transition{row(noon-100, noon, "up", ""), row(noon-300, noon-250, "down", "timeout")}
	write(t, s, later)
	history := testkit.Rows[struct{ Row string }](t, dsn, `SELECT concat_ws(' ', url, vantage, $1 - at, state, failing, reason, $1 - seen_at, $1 - seen_until) AS row
		FROM relay_transition JOIN relay USING (relay_no) ORDER BY at`, int64(noon))
	expect(t, "history", fmt.Sprint(history), fmt.Sprintf("[{%[1]s elsewhere 300 down t timeout 200 100} {%[1]s elsewhere 100 up f 0 -100}]", relayA))
}
