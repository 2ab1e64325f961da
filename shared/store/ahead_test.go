package store_test

import (
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestCoverageNeverRunsAheadOfTime: a worker whose clock is days ahead must not cover, or settle, what is still to come.
func TestCoverageNeverRunsAheadOfTime(t *testing.T) {
	const url = "wss://ahead.example.org"
	s := testkit.Store(t, testkit.Postgres(t))
	now := time.Now()
	ahead := now.Add(3 * 24 * time.Hour).Unix()
	page := func(since, until int64) *ingest.Page {
		return &ingest.Page{Relay: url, Vantage: "test", Filter: "{}", Parts: 1, Proof: ingest.Proof_PROOF_EOSE, SeenAt: ahead, Since: since, Until: until}
	}
	batch := &ingest.Batch{Pages: []*ingest.Page{page(0, ahead), page(now.Unix()+3600, ahead)}}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{Now: now}); err != nil {
		t.Fatal(err)
	}
	covered, err := s.Coverage(t.Context(), url, "{}")
	if err != nil {
		t.Fatal(err)
	}
	if len(covered) != 1 || len(covered[0].Intervals) != 1 || covered[0].Intervals[0] != (store.Interval{Since: 0, Until: now.Unix()}) {
		t.Fatalf("got %v, want [0,%d]", covered, now.Unix())
	}
	if want := now.UTC().Truncate(24 * time.Hour); !covered[0].WalkedOn.Equal(want) {
		t.Errorf("got walked on %s, want %s", covered[0].WalkedOn, want)
	}
}
