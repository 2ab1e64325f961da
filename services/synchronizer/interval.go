package synchronizer

import (
	"cmp"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Interval is a range of created_at in unix seconds, both ends included.
type Interval = store.Interval

// union sorts intervals and merges those that touch or overlap.
func union(intervals []Interval) []Interval {
	sorted := slices.Clone(intervals)
	slices.SortFunc(sorted, func(a, b Interval) int { return cmp.Compare(a.Since, b.Since) })
	var merged []Interval
	for _, iv := range sorted {
		if iv.Since > iv.Until {
			continue
		}
		if last := len(merged) - 1; last >= 0 && iv.Since <= merged[last].Until+1 {
			merged[last].Until = max(merged[last].Until, iv.Until)
			continue
		}
		merged = append(merged, iv)
	}
	return merged
}

// without returns the parts of whole that none of the intervals covers, in ascending order.
func without(whole Interval, covered []Interval) []Interval {
	var holes []Interval
	next := whole.Since
	for _, iv := range union(covered) {
		if iv.Until < next {
			continue
		}
		if iv.Since > whole.Until {
			break
		}
		if iv.Since > next {
			holes = append(holes, Interval{Since: next, Until: iv.Since - 1})
		}
		next = iv.Until + 1
	}
	if next <= whole.Until {
		holes = append(holes, Interval{Since: next, Until: whole.Until})
	}
	return holes
}
