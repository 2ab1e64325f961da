package synchronizer

import (
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// retryDoubtful is how long a stretch that was recorded as cut or as empty is left alone before it
// is asked for again: a relay whose database fails has nothing to show and says EOSE all the same.
const retryDoubtful = 7 * 24 * time.Hour

// todo returns what of a relay has to be walked now, newest first: what no page covers, what was
// covered too early to be trusted, and what was cut or empty a week ago or longer.
//
// Relays receive events late, so coverage of the last lookback before a walk is provisional. A
// walk's day is known, not its hour, so what it settles ends at that day's midnight minus the
// lookback. Example, lookback 24 h: a walk on the 10th at 18:00 up to "now" settles everything
// up to the 9th 00:00. On the 11th the 9th is walked once more and settled; the 10th is not
// asked again before the 12th.
func todo(covered []store.Covered, start, now time.Time, lookback time.Duration) []Interval {
	var all, settled []Interval
	for _, row := range covered {
		doubtful := row.Proof == ingest.Proof_PROOF_TRUNCATED || row.Proof == ingest.Proof_PROOF_EMPTY
		if doubtful && now.Sub(row.WalkedOn) > retryDoubtful {
			continue
		}
		limit := row.WalkedOn.Add(-lookback).Unix() - 1
		for _, iv := range row.Intervals {
			all = append(all, iv)
			settled = append(settled, Interval{Since: iv.Since, Until: min(iv.Until, limit)})
		}
	}
	whole := Interval{Since: max(start.Unix(), 0), Until: now.Unix()} // no event is older than 1970
	open := without(whole, all)
	whole.Until = midnight(now).Add(-lookback).Unix() - 1
	open = append(open, without(whole, settled)...)
	open = union(open)
	slices.Reverse(open)
	return open
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
