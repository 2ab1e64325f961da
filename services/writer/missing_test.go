package writer_test

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

func TestWhatIsMissingAndRevokedIsCounted(t *testing.T) {
	const seen = 1_750_000_000
	p := newPlace(t)
	metrics, _ := p.start()
	events := makeEvents(5)
	batch := pageOf(relayA, events...)
	first := batch.Pages[0]
	first.SeenAt = seen
	p.send(batch)
	p.drained()
	lacking := pageOf(relayA, events[2:]...)
	second := lacking.Pages[0]
	second.Since, second.Until, second.AskedAt, second.SeenAt = first.Since, first.Until, seen+1000, seen+1001
	second.MissingIds = append(append(second.MissingIds, events[0].ID[:]...), events[1].ID[:]...)
	lacking.Revocations = []*ingest.Revocation{{Relay: relayA, Filter: first.Filter, Since: 0, Until: first.Since,
		RevokedAt: seen + 1000, Reason: "late"}}
	p.send(lacking)
	p.drained()
	p.expectRows("SELECT count(*) FROM sighting WHERE missing_since = 1750001001", 2)
	p.expectRows("SELECT count(*) FROM coverage WHERE NOT isempty(intervals)", 1)
	expectMetric(t, metrics, "bigbrotr_writer_sightings_total", "missing", 2)
	expectMetric(t, metrics, "bigbrotr_writer_intervals_total", "revoked", 1)
}
