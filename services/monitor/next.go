package monitor

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	firstRecheck = 12 * time.Minute // then 24: the third failure in a row comes after half an hour, jitter included
	slowestCheck = 24 * time.Hour
	deadCheck    = 7 * 24 * time.Hour
	checkSpread  = 0.1
)

// wait returns the time until the next check of a relay in the given state: the interval for one that answers, a
// doubling distance for one that fails, and for one that turns us away as long as it has done so, within bounds, because
// coming back soon is what it objects to.
func wait(s store.State, interval time.Duration) time.Duration {
	slowest := max(slowestCheck, interval)
	switch {
	case s.State == dead:
		return max(deadCheck, interval)
	case s.Failures > 0:
		return min(firstRecheck<<min(s.Failures-1, 16), slowest)
	case s.State == blocked:
		return min(max(s.CheckedAt.Sub(s.Since), interval), slowest)
	}
	return interval
}

// next is when the relay is to be checked again, spread so that relays which met once do not stay together.
func next(s store.State, interval time.Duration) time.Time {
	return s.CheckedAt.Add(app.Jitter(wait(s, interval), checkSpread)).Truncate(time.Second)
}
