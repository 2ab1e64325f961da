package store_test

import (
	"errors"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestLightKeepsWhatCounts archives without contents: what depends on tags must work all the same.
func TestLightKeepsWhatCounts(t *testing.T) {
	const at = 1_700_000_000
	dsn := testkit.Postgres(t)
	s, r, conn := testkit.Store(t, dsn), testkit.Reader(t, dsn), connect(t, dsn)
	a := key.Sign(at, 30023, [][]string{{"d", "a"}}, "first address")
	b := key.Sign(at, 30023, [][]string{{"d", "b"}}, "second address")
	expired := key.Sign(at, 1, [][]string{{"expiration", "1"}}, "expired")
	deleted := key.Sign(at, 1, nil, "nul \x00")
	deletion := key.Sign(at+1, 5, [][]string{{"e", deleted.ID.String()}, {"a", "30023:" + key.PubKey().String() + ":b"}}, "")
	events := []event.Event{a, b, expired, deleted, deletion}
	light := options
	light.Light = true
	for range 2 {
		if _, err := s.Write(t.Context(), []*ingest.Batch{batchOf(pageOf(relayA, noon, events...))}, light); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "rows with a content", number(t, conn, "SELECT count(*) FROM event WHERE tags IS NOT NULL OR content IS NOT NULL OR sig IS NOT NULL OR raw IS NOT NULL"), 0)
	expect(t, "events", number(t, conn, "SELECT count(*) FROM event"), 5)
	expect(t, "sightings", number(t, conn, "SELECT count(*) FROM sightings WHERE relay = $1", relayA), 5)
	expect(t, "intervals", number(t, conn, "SELECT count(*) FROM coverage WHERE NOT isempty(intervals)"), 1)
	expect(t, "addresses", number(t, conn, "SELECT count(DISTINCT d_hash) FROM event WHERE kind = 30023"), 2)
	expect(t, "served", number(t, conn, "SELECT count(*) FROM events"), 2)
	expect(t, "served with a d tag", number(t, conn, "SELECT count(*) FROM events_by_tag('d', 'a')"), 1)
	known, err := r.Signatures(t.Context(), []event.ID{a.ID})
	if sig, ok := known[a.ID]; err != nil || !ok || sig != [64]byte{} {
		t.Errorf("Signatures: got %v, %v, want a known id without a signature", known, err)
	}
	err = r.Events(t.Context(), store.Selection{}, func(one store.Stored) error {
		if !errors.Is(one.Err, store.ErrLight) || one.Event.PubKey != key.PubKey() {
			t.Errorf("read back: got %v, want what says that there is no content", one.Err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
