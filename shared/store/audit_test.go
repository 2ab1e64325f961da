package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestAuditSamplesAreSettled mixes coverage that may be sampled with all that may not, and draws until chance has shown
// what it can.
func TestAuditSamplesAreSettled(t *testing.T) {
	const day = 86400
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	name := func(i int) string { return fmt.Sprintf("wss://r%d.example.com", i) }
	proven := func(i int, seen int64, proof ingest.Proof, filter string, since, until int64) *ingest.Page {
		p := provenPage(name(i), seen, since, until)
		p.Proof, p.Filter = proof, filter
		return p
	}
	const walked = noon - 5*day
	midnight := int64(walked - 43200)
	good := map[store.AuditSample]bool{ // Until is where the settled part of the interval ends
		{Relay: name(0), Network: "clearnet", Filter: "{}", Since: 100, Until: 199}:                                           false,
		{Relay: name(0), Network: "clearnet", Filter: "{}", Since: 300, Until: 300}:                                           false,
		{Relay: name(1), Network: "clearnet", Filter: `{"kinds":[1]}`, Since: midnight - day - 99, Until: midnight - day - 1}: false,
		{Relay: name(2), Network: "clearnet", Filter: "{}", Since: 500, Until: 599}:                                           false,
	}
	batch := batchOf(
		proven(0, walked, ingest.Proof_PROOF_EOSE, "{}", 100, 199), proven(0, walked, ingest.Proof_PROOF_EOSE, "{}", 300, 300),
		proven(0, walked, ingest.Proof_PROOF_TRUNCATED, "{}", 200, 299), proven(0, walked, ingest.Proof_PROOF_EMPTY, "{}", 0, 99),
		proven(0, noon, ingest.Proof_PROOF_EOSE, "{}", 400, 499),             // walked today
		proven(0, walked, ingest.Proof_PROOF_EOSE, "{}", walked-100, walked), // provisional
		proven(1, walked, ingest.Proof_PROOF_FINISH, `{"kinds":[1]}`, midnight-day-99, walked),
		proven(2, walked, ingest.Proof_PROOF_NEGENTROPY, "{}", 500, 599),
		proven(3, walked, ingest.Proof_PROOF_EOSE, "{}", 600, 699), // down
		proven(4, walked, ingest.Proof_PROOF_EOSE, "{}", 700, 799), // revoked
		proven(5, walked, ingest.Proof_PROOF_EMPTY, "{}", 0, 99),
	)
	up, down := checkOf(name(2), noon, "{}"), checkOf(name(3), noon, "{}")
	down.State = "down"
	batch.Checks = []*ingest.Check{up, down}
	write(t, s, batch)
	write(t, s, revocationOf(name(4), noon, 0, noon))

	perRelay := map[string]int{}
	for range 30 {
		samples, err := r.AuditSamples(t.Context(), 12, time.Unix(noon, 0), 24*time.Hour)
		if err != nil || len(samples) != 12 {
			t.Fatalf("AuditSamples: got %d, %v, want 12", len(samples), err)
		}
		for _, got := range samples {
			perRelay[got.Relay]++
			settled := false
			for want := range good {
				end := want.Until
				want.Until = got.Until
				if got == want && got.Since <= got.Until && got.Until <= end {
					want.Until = end
					settled, good[want] = true, true
				}
			}
			if !settled {
				t.Fatalf("got sample %+v, want one of settled coverage", got)
			}
		}
	}
	for want, met := range good {
		if !met {
			t.Errorf("got no sample of %+v in 360", want)
		}
	}
	expect(t, "samples by relay", fmt.Sprint(perRelay), fmt.Sprint(map[string]int{name(0): 120, name(1): 120, name(2): 120}))
	for n, want := range map[int]int{0: 0, 1: 1, 2: 2, 1000: 150} {
		samples, err := r.AuditSamples(t.Context(), n, time.Unix(noon, 0), 24*time.Hour)
		if err != nil || len(samples) != want {
			t.Errorf("AuditSamples of %d: got %d, %v, want %d", n, len(samples), err, want)
		}
	}
	if samples, err := r.AuditSamples(t.Context(), 10, time.Unix(walked, 0), 24*time.Hour); err != nil || len(samples) > 0 {
		t.Errorf("AuditSamples before the walk: got %v, %v, want none", samples, err)
	}
	const lookback = 7 * 24 * time.Hour
	for range 20 {
		samples, err := r.AuditSamples(t.Context(), 12, time.Unix(noon, 0), lookback)
		if err != nil || len(samples) != 12 {
			t.Fatalf("AuditSamples with a lookback of %s: got %d, %v, want 12", lookback, len(samples), err)
		}
		for _, got := range samples {
			if got.Until >= midnight-7*day || got.Relay == name(1) {
				t.Fatalf("got sample %+v, want one before the lookback of its walk", got)
			}
		}
	}
}
