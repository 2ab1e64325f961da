package store

import (
	"context"
	"math"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// marks are sightings that complete answers lacked, the columns of mark_missing.
type marks struct {
	sightings         // seen is when the relay was asked
	since     []int32 // missing since
}

// lacked are the columns of missing_sightings.
type lacked struct {
	ids          [][]byte
	relays       []int32
	since, until []int64
	asked, at    []int32
}

// probeMissing returns the sightings to be marked missing: those that a complete page lacked although the archive has
// them, unless this transaction brings a newer sighting, or something other than the relay's will explains it.
func (a *apply) probeMissing(ctx context.Context, spans map[pair]span) (found marks, err error) {
	in := a.lacked()
	for from := 0; from < len(in.ids); from += probeIDs {
		to := min(from+probeIDs, len(in.ids))
		var key pair
		var asked, since int32
		err := a.query(ctx, "missing_sightings", []any{&key.event, &key.relay, &asked, &since}, func() {
			if s, seen := spans[key]; !seen || s.last < asked {
				found.add(key, asked)
				found.since = append(found.since, since)
			}
		}, in.ids[from:to], in.relays[from:to], in.since[from:to], in.until[from:to], in.asked[from:to], in.at[from:to])
		if err != nil {
			return marks{}, err
		}
	}
	return found, nil
}

// lacked collects what the pages say is missing. Only a complete answer says that: not one that was cut, and not an
// empty one, which a relay whose database failed gives, too.
func (a *apply) lacked() (in lacked) {
	now := a.plan.seconds(0)
	for _, pg := range a.plan.pages {
		if len(pg.missing) == 0 || !pg.complete() || !a.hasAll(pg) || a.hides(pg.relay) {
			continue
		}
		at := min(pg.seen, now) // a clock that runs ahead would make it missing for good
		for _, id := range pg.missing {
			in.ids, in.relays = append(in.ids, id[:]), append(in.relays, a.relays[pg.relay])
			in.since, in.until = append(in.since, pg.since), append(in.until, pg.until)
			in.asked, in.at = append(in.asked, min(pg.asked, at)), append(in.at, at)
		}
	}
	return in
}

// complete says whether the page proves that the relay serves nothing else in its interval, or in its part of it. A worker
// that doubts an emptiness names nothing as missing beside it.
func (pg *page) complete() bool {
	switch ingest.Proof(pg.proof) {
	case ingest.Proof_PROOF_EOSE, ingest.Proof_PROOF_FINISH, ingest.Proof_PROOF_NEGENTROPY, ingest.Proof_PROOF_EMPTY:
		return pg.claims() && pg.sound()
	}
	return false
}

// hides says whether this transaction brings the news that a relay hides events; what was known before is in manners.
func (a *apply) hides(relay string) bool {
	m := a.plan.manners[relay]
	return m != nil && m.Hides
}

// askedAt fits the time of a question into the four bytes of a sighting; without one nothing is older than it.
func askedAt(at int64) int32 { return int32(min(max(at, 0), math.MaxInt32)) }
