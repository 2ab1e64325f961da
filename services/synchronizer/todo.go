package synchronizer

import (
	"cmp"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// errand is what has to be walked of a relay now, each list newest first.
type errand struct {
	open  []Interval // what no page covers, and what was covered too early to be trusted
	again []Interval // what was settled before and is due for another look
}

// todo returns what of a relay has to be walked now.
//
// Relays receive events late, so coverage of the last lookback before a walk is provisional. A
// walk's day is known, not its hour, so what it settles ends at that day's midnight minus the
// lookback. Example, lookback 24 h: a walk on the 10th at 18:00 up to "now" settles everything
// up to the 9th 00:00. On the 11th the 9th is walked once more and settled; the 10th is not
// asked again before the 12th.
//
// The last seconds of the newest walk are walked once more with what came after it, also within the same second: its last
// second was not over, and an event reaches a relay some moments after the time that it is dated.
//
// What is settled is walked again on a decaying schedule, counted from the day that settled it,
// and so is what was cut or empty: a relay whose database failed has nothing to show and says
// EOSE all the same.
func todo(covered []store.Covered, start, now time.Time, lookback time.Duration, rewalk Schedule) errand {
	var all, settled []Interval
	var walks []walked
	for _, row := range covered {
		limit := row.WalkedOn.Add(-lookback).Unix() - 1
		for _, iv := range row.Intervals {
			all = append(all, iv)
			iv.Until = min(iv.Until, limit)
			settled = append(settled, iv)
			walks = append(walks, walked{iv, dayOf(row.WalkedOn)})
		}
	}
	whole := Interval{Since: max(start.Unix(), 0), Until: now.Unix()} // no event is older than 1970
	open := without(whole, all)
	if end := newest(all); whole.Since <= end && end <= whole.Until {
		open = append(open, Interval{Since: max(end-onTheWay, whole.Since), Until: end})
	}
	whole.Until = midnight(now).Add(-lookback).Unix() - 1
	open = union(append(open, without(whole, settled)...))
	again := due(walks, whole, rewalk, dayOf(now))
	slices.Reverse(open)
	slices.Reverse(again)
	return errand{open: open, again: again}
}

// onTheWay is how many seconds an event takes at most, as a rule, from its date to a relay.
const onTheWay = 10

// newest returns the last second of all intervals, -1 without any.
func newest(all []Interval) int64 {
	end := int64(-1)
	for _, iv := range all {
		end = max(end, iv.Until)
	}
	return end
}

// walked is a settled stretch and the day of its walk.
type walked struct {
	Interval
	day int
}

// due returns the parts of whole that were walked, but not since the schedule says so.
func due(walks []walked, whole Interval, rewalk Schedule, today int) []Interval {
	type edge struct {
		at         int64
		day, delta int
	}
	var edges []edge
	for _, w := range walks {
		if since, until := max(w.Since, whole.Since), min(w.Until, whole.Until); since <= until {
			edges = append(edges, edge{since, w.day, 1}, edge{until + 1, w.day, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	var found []Interval
	days := map[int]int{} // day → how many of the walks of that day cover the stretch
	for i, e := range edges {
		if i > 0 && e.at > edges[i-1].at && rewalk.due(days, today) {
			found = append(found, Interval{Since: edges[i-1].at, Until: e.at - 1})
		}
		if days[e.day] += e.delta; days[e.day] == 0 {
			delete(days, e.day)
		}
	}
	return union(found)
}

// due says whether what was walked on these days is to be walked again today: the next step after
// the last walk, counted from the first one, has come. After the last step, its distance repeats.
func (s Schedule) due(days map[int]int, today int) bool {
	if len(s) == 0 || len(days) == 0 {
		return false
	}
	first, last := today, 0
	for day := range days {
		first, last = min(first, day), max(last, day)
	}
	for _, step := range s {
		if at := first + daysOf(step); at > last {
			return at <= today
		}
	}
	return last+daysOf(s[len(s)-1]) <= today
}

const aDay = 24 * time.Hour

func dayOf(t time.Time) int { return int(t.Unix() / int64(aDay/time.Second)) }

func daysOf(d time.Duration) int { return int((d + aDay - 1) / aDay) }

func midnight(t time.Time) time.Time { return t.UTC().Truncate(aDay) }
