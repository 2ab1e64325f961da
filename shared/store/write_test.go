package store_test

import (
	"bytes"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestWriteStoresAPageAndReadsItBack(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	events := makeEvents(10)
	w := write(t, s, batchOf(pageOf(relayA, noon, events...)))
	expect(t, "new events", w.Events, 10)
	expect(t, "sightings", w.Sightings, 10)
	expect(t, "intervals", w.Intervals, 1)
	expect(t, "accepted", w.Accepted[0].Relay, relayA)
	expect(t, "archived", len(w.Archived), 10)

	w = write(t, s, batchOf(pageOf(relayB, noon, events...)))
	expect(t, "new events of a known page", w.Events, 0)
	expect(t, "known events", w.Known, 10)
	expect(t, "sightings of a second relay", w.Sightings, 10)
	expect(t, "events archived already", len(w.Archived), 10)

	known, err := r.Signatures(t.Context(), []event.ID{events[3].ID, {1}})
	if _, ok := known[events[3].ID]; err != nil || len(known) != 1 || !ok {
		t.Errorf("Signatures: got %v, %v, want event 3 alone", known, err)
	}
	covered, err := r.Coverage(t.Context(), relayA, "{}")
	if err != nil || len(covered) != 1 || len(covered[0].Intervals) != 1 ||
		covered[0].Intervals[0].Since != events[0].CreatedAt || covered[0].Intervals[0].Until != events[9].CreatedAt {
		t.Errorf("Coverage: got %v, %v, want the page's interval", covered, err)
	}
}

func TestSignedBytesSurvive(t *testing.T) {
	dsn := testkit.Postgres(t)
	conn := connect(t, dsn)
	odd := []event.Event{
		key.Sign(1, 1, [][]string{{"t", "nul \x00"}}, "nul \x00 and \u2028"),
		key.Sign(2, 1, [][]string{}, ""),
		key.Sign(3, 1, [][]string{{"a"}, {}, {"e", string(bytes.Repeat([]byte("語"), 9000))}}, "long tag"),
	}
	w := write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, odd...)))
	expect(t, "new events", w.Events, len(odd))
	for _, want := range odd {
		var tags, content string
		var raw []byte
		row := conn.QueryRow(t.Context(), "SELECT tags, content, raw FROM event WHERE id = $1", want.ID[:])
		if err := row.Scan(&tags, &content, &raw); err != nil {
			t.Fatal(err)
		}
		gotTags, gotContent := event.FromText(tags, content)
		if raw != nil {
			gotTags, gotContent, _ = event.ParseRaw(raw)
		}
		if _, err := event.New(want.ID, want.PubKey, want.Sig, want.CreatedAt, want.Kind, gotTags, gotContent); err != nil {
			t.Errorf("event %d as stored: %v", want.CreatedAt, err)
		}
	}
	expect(t, "rows of the view with jsonb", number(t, conn, "SELECT count(tags) FROM events"), len(odd))
}

func TestSightingsMoveOnlyWhenStale(t *testing.T) {
	const day = 86400
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	page := func(seen int64) *ingest.Page { return pageOf(relayA, seen, makeEvents(1)...) }
	version := func() int64 { return number(t, conn, "SELECT xmin::text::bigint + xmax::text::bigint FROM sighting") }
	write(t, s, batchOf(page(noon)))
	before := version()
	w := write(t, s, batchOf(page(noon+6*day)))
	expect(t, "refreshed after six days", w.Refreshed, 0)
	expect(t, "row version of a fresh pair (no lock, no change)", version(), before)
	w = write(t, s, batchOf(page(noon+8*day)))
	expect(t, "refreshed after eight days", w.Refreshed, 1)
	expect(t, "first seen", number(t, conn, "SELECT first_seen FROM sighting"), noon)
	expect(t, "last seen", number(t, conn, "SELECT last_seen FROM sighting"), noon+8*day)
	write(t, s, batchOf(page(noon-30*day)))
	expect(t, "first seen after a late message", number(t, conn, "SELECT first_seen FROM sighting"), noon)
}

func TestUnknownKnownIDProvesNothing(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(4)
	page := pageOf(relayA, noon, events[:3]...)
	page.KnownIds = ids(events[3])
	w := write(t, s, batchOf(page))
	expect(t, "events", w.Events, 3)
	expect(t, "intervals", w.Intervals, 0)
	expect(t, "intervals refused", w.IntervalsRefused, 1)
	expect(t, "rows of coverage", number(t, conn, "SELECT count(*) FROM coverage"), 0)

	write(t, s, batchOf(pageOf(relayB, noon, events[3])))
	w = write(t, s, batchOf(page))
	expect(t, "intervals once the event is there", w.Intervals, 1)
	expect(t, "sightings of the known id", w.Sightings, 1)
}

func TestPagesThatProveNothing(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	none, empty := pageOf(relayA, noon, makeEvents(2)...), pageOf(relayA, noon)
	none.Proof = ingest.Proof_PROOF_NONE
	w := write(t, s, batchOf(none, empty))
	expect(t, "events", w.Events, 2)
	expect(t, "intervals", w.Intervals+w.IntervalsRefused, 0)
	expect(t, "rows of coverage", number(t, conn, "SELECT count(*) FROM coverage"), 0)
}

func TestPartsProveOnlyTogether(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(3)
	part := func(n int) *ingest.Batch {
		p := pageOf(relayA, noon, events[n])
		p.Part, p.Parts, p.PageId = uint32(n), 3, bytes.Repeat([]byte{7}, 16)
		p.Since, p.Until = events[0].CreatedAt, events[2].CreatedAt
		return batchOf(p)
	}
	const covered = "SELECT count(*) FROM coverage WHERE NOT isempty(intervals)"
	write(t, s, part(0), part(2))
	write(t, s, part(2))
	expect(t, "intervals after two of three parts", number(t, conn, covered), 0)
	write(t, s, part(1))
	expect(t, "intervals after the third", number(t, conn, covered), 1)
	expect(t, "intervals after a redelivery", write(t, s, part(0)).Intervals, 1)
}

func TestForgedEventsGoToQuarantine(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(3)
	page := pageOf(relayA, noon, events...)
	page.Events[1].Content = []byte(`"forged"`)
	auth := key.Sign(5, 22242, [][]string{}, "")
	page.Events = append(page.Events, wire(auth)...)
	w := write(t, s, batchOf(page))
	expect(t, "events", w.Events, 2)
	expect(t, "quarantined", w.Quarantined, 1)
	expect(t, "refused", w.Refused, 1)
	expect(t, "intervals", w.Intervals, 1)
	expect(t, "rows of quarantine", number(t, conn, "SELECT count(*) FROM quarantine WHERE relay = $1", relayA), 1)
	expect(t, "credentials stored", number(t, conn, "SELECT count(*) FROM event WHERE kind = 22242"), 0)
	write(t, s, batchOf(page))
	expect(t, "rows of quarantine after a redelivery", number(t, conn, "SELECT count(*) FROM quarantine"), 1)
}
