package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// maxBadCounters bounds the counters that are named; all are counted.
const maxBadCounters = 100

// Miscount is a counter that is not the number of rows that it counts.
type Miscount struct {
	Counter string // what it counts: "kind 1, day 2023-11-14"
	Counted int64  // what it says, with what is not folded yet
	Found   int64  // what a recount says
}

// verifyCounters compares each exact counter with a recount, or without all only some sums. Each statement reads counters,
// the changes that are not folded yet, and rows as of one moment: writers and the refresher may go on.
func (s *Store) verifyCounters(ctx context.Context, v *Verified, all bool) error {
	statements := []string{"verify_count_totals"}
	if all {
		statements = []string{"verify_kind_counts", "verify_author_counts", "verify_relay_counts", "verify_network_counts"}
	}
	return s.read(ctx, func(tx pgx.Tx) error {
		v.Counters, v.BadCounters, v.Miscounts = 0, 0, nil
		for _, statement := range statements {
			var one Miscount
			err := query(ctx, tx, statement, []any{&one.Counter, &one.Counted, &one.Found}, func() { v.counter(one) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Verified) counter(one Miscount) {
	v.Counters++
	if one.Counted == one.Found {
		return
	}
	v.BadCounters++
	if len(v.Miscounts) < maxBadCounters {
		v.Miscounts = append(v.Miscounts, one)
	}
}
