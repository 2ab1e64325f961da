package store_test

import (
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestVerifyFindsWhatContradicts damages an archive in every way that is looked for, one after the other.
func TestVerifyFindsWhatContradicts(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r, conn := testkit.Store(t, dsn), testkit.Reader(t, dsn), connect(t, dsn)
	events := makeEvents(1_200)
	write(t, s, batchOf(pageOf(relayA, noon, events...)))
	look := func(all bool) store.Verified {
		t.Helper()
		told := 0
		v, err := r.Verify(t.Context(), 100, all, func(n int) { told = n })
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "progress", told, v.Events)
		return v
	}
	v := look(true)
	if !v.Sound() || v.Events != 1_200 || v.Sightings != 1_200 || v.Coverage != 1 || v.OutsideCoverage != 0 {
		t.Fatalf("a sound archive: got %+v", v)
	}
	if v = look(false); !v.Sound() || v.Events < 100 || v.Events > 120 {
		t.Errorf("a sample of 100: got %+v", v)
	}
	exec(t, conn, "UPDATE event SET content = 'x' WHERE id = $1", events[700].ID[:])
	exec(t, conn, "UPDATE event SET sig = decode(repeat('01', 64), 'hex') WHERE id = $1", events[3].ID[:])
	v = look(true)
	if v.BadIDs != 1 || v.BadSignatures != 1 || !slices.Contains(v.Bad, events[700].ID) || !slices.Contains(v.Bad, events[3].ID) || v.Sound() {
		t.Errorf("damaged events: got %d and %d, %v, want one of each", v.BadIDs, v.BadSignatures, v.Bad)
	}
	for what, c := range map[string]struct {
		damage string
		found  func(store.Verified) int64
	}{
		"a sighting of no event":        {"DELETE FROM event WHERE event_no = 10", func(v store.Verified) int64 { return v.BadSightings }},
		"a coverage of no relay":        {"INSERT INTO coverage SELECT 999, filter_no, 1, walked_on, '{[1,2]}' FROM coverage", func(v store.Verified) int64 { return v.BadCoverage }},
		"an event that was to go":       {"INSERT INTO tombstone SELECT id, 'event', 0, 1, 1 FROM event WHERE event_no = 20", func(v store.Verified) int64 { return v.BadTombstones }},
		"a sighting outside of a proof": {"UPDATE event SET created_at = 5 WHERE event_no = 30", func(v store.Verified) int64 { return v.OutsideCoverage }},
	} {
		exec(t, conn, c.damage)
		expect(t, what, c.found(look(true)), 1)
	}
}

func TestVerifySaysWhatItCannotCheck(t *testing.T) {
	dsn := testkit.Postgres(t)
	light := options
	light.Light = true
	if _, err := testkit.Store(t, dsn).Write(t.Context(), []*ingest.Batch{batchOf(pageOf(relayA, noon, makeEvents(5)...))}, light); err != nil {
		t.Fatal(err)
	}
	v, err := testkit.Reader(t, dsn).Verify(t.Context(), 100, false, func(int) {})
	if err != nil || !v.Sound() || v.Light != 5 || v.Events != 5 {
		t.Errorf("light archive: got %+v, %v, want five events that cannot be checked", v, err)
	}
	var none []event.ID
	expect(t, "bad ids", v.Bad, none)
}

// TestVerifyNamesCountersThatDoNotCount breaks one counter after the other, of an archive that is folded in part.
func TestVerifyNamesCountersThatDoNotCount(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r, refresher := testkit.Store(t, dsn), testkit.Reader(t, dsn), testkit.Refresher(t, dsn)
	events := makeEvents(60)
	write(t, s, batchOf(pageOf(relayA, noon, events[:40]...)))
	foldAll(t, refresher)
	write(t, s, batchOf(pageOf(relayB, noon, events[30:]...)))
	write(t, s, batchOf(pageOf("ws://x.i2p", noon, events[:5]...)))
	testkit.Exec(t, dsn, "DELETE FROM sighting WHERE event_no IN (2, 35); DELETE FROM event WHERE event_no IN (2, 35)")
	look := func(all bool) store.Verified {
		t.Helper()
		v, err := r.Verify(t.Context(), 10, all, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, all := range []bool{true, false} {
		if v := look(all); !v.Sound() || v.Counters < 3 {
			t.Fatalf("a sound archive: got %+v", v)
		}
	}
	for _, c := range []struct {
		damage, all, sums string
	}{
		{"UPDATE kind_count SET events = events - 1 WHERE day = (SELECT max(day) FROM kind_count)", "kind 1, day 2023-11-14", "events of all kinds and days"},
		{"UPDATE author_count SET events = events + 1", "author " + events[0].PubKey.String(), "events of all authors"},
		{"UPDATE relay_count SET events = events + 1 WHERE relay_no = (SELECT relay_no FROM relay WHERE url = '" + relayA + "')", "relay " + relayA + ", kind 1", ""},
		{"UPDATE network_count SET events = events + 1 WHERE network = 'clearnet'", "network clearnet", "network clearnet"},
	} {
		testkit.Exec(t, dsn, c.damage)
		v := look(true)
		if v.Sound() || len(v.Miscounts) != 1 || v.Miscounts[0].Counter != c.all {
			t.Errorf("after %s: got %+v, want the counter of %s", c.damage, v.Miscounts, c.all)
		}
		if v = look(false); c.sums != "" && (len(v.Miscounts) != 1 || v.Miscounts[0].Counter != c.sums) {
			t.Errorf("sums after %s: got %+v, want %s", c.damage, v.Miscounts, c.sums)
		}
		if _, err := refresher.RebuildAnalytics(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v = look(true); !v.Sound() {
			t.Errorf("after a rebuild: got %+v, want nothing", v.Miscounts)
		}
	}
}
