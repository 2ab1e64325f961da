package store_test

import (
	"fmt"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func revocationOf(relay string, at, since, until int64) *ingest.Batch {
	return &ingest.Batch{Version: 1, Revocations: []*ingest.Revocation{
		{Relay: relay, Vantage: "main", Filter: "{}", Since: since, Until: until, RevokedAt: at, Reason: "late"}}}
}

func provenPage(relay string, seen, since, until int64) *ingest.Page {
	p := pageOf(relay, seen)
	p.Since, p.Until = since, until
	return p
}

// covered returns the intervals of a relay under the filter of everything, in one line.
func covered(t *testing.T, s *store.Store, relay string) string {
	t.Helper()
	rows, err := s.Coverage(t.Context(), relay, "{}")
	if err != nil {
		t.Fatal(err)
	}
	var all []store.Interval
	for _, row := range rows {
		all = append(all, row.Intervals...)
	}
	return fmt.Sprint(all)
}

func TestRevocationsTakeEveryProofBack(t *testing.T) {
	const day = 86400
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	other := provenPage(relayA, noon-3*day, 100, 199)
	other.Filter = `{"kinds":[1]}`
	cut := provenPage(relayA, noon-3*day, 300, 399)
	cut.Proof = ingest.Proof_PROOF_TRUNCATED
	write(t, s, batchOf(provenPage(relayA, noon-3*day, 100, 199), provenPage(relayA, noon-2*day, 100, 199),
		provenPage(relayA, noon-day, 100, 199), provenPage(relayB, noon-3*day, 100, 199), other, cut))
	revoke := revocationOf(relayA, noon-2*day+100, 120, 320)
	expect(t, "rows that lost an interval", write(t, s, revoke).Revoked, 3)
	expect(t, "covered", covered(t, s, relayA), "[{100 119} {100 119} {100 199} {321 399}]")
	expect(t, "covered of another relay", covered(t, s, relayB), "[{100 199}]")
	expect(t, "intervals of another filter", number(t, conn,
		"SELECT count(*) FROM relay_coverage WHERE filter <> '{}' AND covered @> int8range(100, 200)"), 1)
	expect(t, "rows that lost one by a redelivery", write(t, s, revoke).Revoked, 0)

	for name, batch := range map[string]*ingest.Batch{
		"unknown relay":  revocationOf("wss://nobody.example.com", noon, 0, noon),
		"unknown filter": {Revocations: []*ingest.Revocation{{Relay: relayA, Filter: `{"kinds":[7]}`, Until: noon, RevokedAt: noon}}},
		"no interval":    revocationOf(relayA, noon, 2, 1),
		"earlier day":    revocationOf(relayA, noon-4*day, 0, 1<<62),
	} {
		expect(t, name+": rows that lost an interval", write(t, s, batch).Revoked, 0)
	}
	expect(t, "relays", number(t, conn, "SELECT count(*) FROM relay"), 2)
	expect(t, "a relay that is none: quarantined", write(t, s, revocationOf("nonsense", noon, 0, 1)).Quarantined, 1)
	expect(t, "without bounds: rows", write(t, s, revocationOf(relayA, 1<<40, -1<<62, 1<<62)).Revoked, 4)
	expect(t, "covered after all", covered(t, s, relayA), "[]")
}

// TestRevocationsBesideProofs writes both in one transaction: a revocation comes before the proofs of its own batch and
// after those of earlier ones.
func TestRevocationsBesideProofs(t *testing.T) {
	const yesterday = noon - 86400
	proof := func(since, until int64) *ingest.Batch { return batchOf(provenPage(relayA, noon, since, until)) }
	revoke := func(at int64) *ingest.Batch { return revocationOf(relayA, at, 120, 129) }
	together := proof(125, 199)
	together.Revocations = revoke(noon).Revocations
	for name, c := range map[string]struct {
		batches []*ingest.Batch
		want    string // beside 0 … 300, which was proven yesterday
	}{
		"earlier batch":                 {[]*ingest.Batch{proof(100, 199), revoke(noon)}, "[{0 119} {130 300} {100 119} {130 199}]"},
		"later batch":                   {[]*ingest.Batch{revoke(noon), proof(125, 199)}, "[{0 119} {130 300} {125 199}]"},
		"earlier batch, of a later day": {[]*ingest.Batch{proof(100, 199), revoke(yesterday)}, "[{0 119} {130 300} {100 199}]"},
		"same batch":                    {[]*ingest.Batch{together}, "[{0 119} {130 300} {125 199}]"},
		"earlier batch, nothing left":   {[]*ingest.Batch{proof(120, 129), revoke(noon)}, "[{0 119} {130 300}]"},
	} {
		for _, careful := range []bool{false, true} {
			s := testkit.Store(t, testkit.Postgres(t))
			write(t, s, batchOf(provenPage(relayA, yesterday, 0, 300)))
			do := s.Write
			if careful {
				do = s.WriteCarefully
			}
			if _, err := do(t.Context(), c.batches, options); err != nil {
				t.Fatal(err)
			}
			expect(t, fmt.Sprintf("proof in the %s (careful: %v)", name, careful), covered(t, s, relayA), c.want)
		}
	}
}
