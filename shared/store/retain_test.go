package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestRetentionRemovesWhatItPlanned compares the plan, the removal and the refusal of the same events.
func TestRetentionRemovesWhatItPlanned(t *testing.T) {
	const day = 86400
	dsn := testkit.Postgres(t)
	s, r, eraser, conn := testkit.Store(t, dsn), testkit.Reader(t, dsn), testkit.Eraser(t, dsn), connect(t, dsn)
	other := event.GenerateKey()
	var both, onlyA []event.Event
	for i := range 30 {
		both = append(both, key.Sign(noon-int64(29-i)*day, uint16(5+i%3), nil, fmt.Sprint("both ", i)))
		onlyA = append(onlyA, other.Sign(noon-int64(29-i)*day, 1, nil, fmt.Sprint("only a ", i)))
	}
	pages := []*ingest.Page{pageOf(relayA, noon, both...), pageOf(relayB, noon, both...), pageOf(relayA, noon, onlyA...)}
	write(t, s, batchOf(pages...))
	now := time.Unix(noon, 0)
	rules, err := retention.Parse([]byte("rules: [{name: old, kinds: [5-6], older_than: 10d}, {name: robots, relays: [" + relayA + "]}]"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{6, 30} {
		reach, err := r.PlanRetention(t.Context(), rules[i], now)
		if err != nil || reach.Events != want || reach.Bytes < 100*want {
			t.Errorf("plan of %s: got %+v, %v, want %d events", rules[i].Name, reach, err, want)
		}
	}
	expect(t, "events after a plan", number(t, conn, "SELECT count(*) FROM event"), 60)
	removed := 0
	for _, rule := range rules {
		if err := eraser.ApplyRetention(t.Context(), rule, now, func(gone store.Erased) { removed += gone.Events }); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "removed", removed, 36)
	expect(t, "left", number(t, conn, "SELECT count(*) FROM event"), 24)
	expect(t, "deletions left", number(t, conn, "SELECT count(*) FROM event WHERE kind = 5"), 10)
	holdsNothingOf(t, dsn, onlyA...)

	ruled := options
	ruled.Rules = rules
	w, err := s.Write(t.Context(), []*ingest.Batch{batchOf(pages...)}, ruled)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "new, intervals, refused intervals", fmt.Sprint(w.Events, w.Intervals, w.IntervalsRefused), "0 3 0")
	expect(t, "left after the relays were walked again", number(t, conn, "SELECT count(*) FROM event"), 24)
	expect(t, "new without the rules", write(t, s, batchOf(pages...)).Events, 36)
}
