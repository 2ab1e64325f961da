package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Verified says what a look at the archive found. Everything that is called bad contradicts something else.
type Verified struct {
	Events, BadIDs, BadSignatures int
	Light                         int // events without a content: only that they are there can be told
	Bad                           []event.ID

	Sightings, BadSightings   int64 // of no event or relay, or ending before they begin
	OutsideCoverage           int64 // of the sightings; no fault
	Coverage, BadCoverage     int64 // rows: of no relay or filter, or claiming what was still to come
	Tombstones, BadTombstones int64 // settled ones; events that are there in spite of one

	Counters, BadCounters int64 // of the analytics, without the estimates
	Miscounts             []Miscount
}

// Sound says whether nothing contradicts anything.
func (v *Verified) Sound() bool {
	return v.BadIDs+v.BadSignatures == 0 && v.BadSightings+v.BadCoverage+v.BadTombstones+v.BadCounters == 0
}

const (
	verifyChunk = 500 // events whose signatures are checked together
	verifySpots = 20  // places of the archive that a sample looks at
	maxBadIDs   = 100
)

// Verify builds events anew from their rows, hashes them and checks their signatures, all of them or a sample, and holds
// sightings, coverage, tombstones and counters against what they speak of. progress is told of every few hundred events.
func (s *Store) Verify(ctx context.Context, sample int, all bool, progress func(events int)) (v Verified, err error) {
	if all {
		err = s.verifyEvents(ctx, &v, 0, -1, progress)
	} else {
		err = s.verifySample(ctx, &v, sample, progress)
	}
	if err == nil {
		err = s.verifyRows(ctx, &v, all)
	}
	if err == nil {
		err = s.verifyCounters(ctx, &v, all)
	}
	if err != nil {
		return v, fmt.Errorf("verify the archive: %w", err)
	}
	return v, nil
}

// verifySample looks at as many events from each of some random places.
func (s *Store) verifySample(ctx context.Context, v *Verified, sample int, progress func(int)) error {
	last, err := s.LastEvent(ctx)
	if err != nil || last == 0 {
		return err
	}
	if int64(sample) >= last {
		return s.verifyEvents(ctx, v, 0, -1, progress)
	}
	for range verifySpots {
		from := rand.Int64N(last - int64(sample/verifySpots))
		if err := s.verifyEvents(ctx, v, from, max(1, sample/verifySpots), progress); err != nil {
			return err
		}
	}
	return nil
}

var errEnough = errors.New("enough events were read")

// verifyEvents looks at so many events behind a number; -1 = all.
func (s *Store) verifyEvents(ctx context.Context, v *Verified, from int64, most int, progress func(int)) error {
	var chunk []*event.Event
	seen := 0
	err := s.Events(ctx, Selection{ByArrival: true, After: Position{No: from}}, func(one Stored) error {
		if seen == most {
			return errEnough
		}
		seen++
		v.Events++
		switch {
		case errors.Is(one.Err, ErrLight):
			v.Light++
		case one.Err != nil:
			v.BadIDs++
			v.bad(one.Event.ID)
		default:
			chunk = append(chunk, &one.Event)
		}
		if len(chunk) == verifyChunk {
			v.signatures(chunk)
			chunk = chunk[:0]
			progress(v.Events)
		}
		return ctx.Err()
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	v.signatures(chunk)
	progress(v.Events)
	return err
}

func (v *Verified) signatures(events []*event.Event) {
	for i, good := range event.CheckSignatures(events) {
		if !good {
			v.BadSignatures++
			v.bad(events[i].ID)
		}
	}
}

func (v *Verified) bad(id event.ID) {
	if len(v.Bad) < maxBadIDs {
		v.Bad = append(v.Bad, id)
	}
}

// verifyRows holds tables against each other; of sightings a sample is a hundredth, of a small table all.
func (s *Store) verifyRows(ctx context.Context, v *Verified, all bool) error {
	return s.read(ctx, func(tx pgx.Tx) error {
		part := 100.0
		if t, err := sightingsEstimate(ctx, tx); err != nil || !all && t > 1_000_000 {
			part = 1
			if err != nil {
				return err
			}
		}
		var without, turned, unknown, future, ignored int64
		for _, one := range []struct {
			statement string
			targets   []any
			args      []any
		}{
			{"verify_sightings", []any{&v.Sightings, &without, &turned}, []any{part}},
			{"verify_outside", []any{&ignored, &v.OutsideCoverage}, []any{part}},
			{"verify_coverage", []any{&v.Coverage, &unknown, &future}, nil},
			{"verify_tombstones", []any{&v.Tombstones, &v.BadTombstones}, nil},
		} {
			if err := query(ctx, tx, one.statement, one.targets, func() {}, one.args...); err != nil {
				return err
			}
		}
		v.BadSightings, v.BadCoverage = without+turned, unknown+future
		return nil
	})
}

// sightingsEstimate is how many sightings there are, about.
func sightingsEstimate(ctx context.Context, tx pgx.Tx) (n int64, err error) {
	err = query(ctx, tx, "sightings_estimate", []any{&n}, func() {})
	return n, err
}
