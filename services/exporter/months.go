package exporter

import (
	"math"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// futureMonth names what is dated after the month of now.
const futureMonth = "future"

// month is a calendar month in UTC, or everything after the present one.
type month struct {
	store.Interval
	name   string
	closed bool // it is over: only what is dated back can still come
}

// monthOf returns the month that a second belongs to.
func monthOf(at int64, now time.Time) month {
	open := firstOf(now)
	if next := open.AddDate(0, 1, 0).Unix(); at >= next {
		return month{Interval: store.Interval{Since: next, Until: math.MaxInt64}, name: futureMonth}
	}
	first := firstOf(time.Unix(at, 0))
	return month{
		Interval: store.Interval{Since: first.Unix(), Until: first.AddDate(0, 1, 0).Unix() - 1},
		name:     first.Format("2006-01"), closed: first.Before(open),
	}
}

func firstOf(t time.Time) time.Time {
	year, month, _ := t.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// walk calls each for every month in which something is, oldest first. look says how much that is, and when the next is.
func walk(now time.Time, look func(month) (store.Stretch, error), each func(month, store.Stretch) error) error {
	for at := int64(0); ; {
		m := monthOf(at, now)
		found, err := look(m)
		if err != nil {
			return err
		}
		if found.Count > 0 {
			if err := each(m, found); err != nil {
				return err
			}
			at = m.Until
			if m.name == futureMonth {
				return nil
			}
			at++
			continue
		}
		if found.First <= m.Until { // nothing is left, or what was counted is gone by now
			return nil
		}
		at = found.First
	}
}
