package monitor

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// pace is how fast the monitor goes: distances of rounds, and how long failures make a state. Only tests go at another one.
type pace struct {
	recheck   time.Duration // after the first failure, then twice that: the third comes after half an hour, jitter included
	slowest   time.Duration // while a relay may come back
	dead      time.Duration // when it is dead
	downAfter time.Duration // failing makes a relay down
	deadAfter time.Duration // and then dead
	reconcile time.Duration // between two looks for balls that another vantage than the main one lacks
	look      time.Duration // at the canaries serves all rounds of a process; a round that would change a state wants its own
}

var realPace = pace{
	recheck: 12 * time.Minute, slowest: 24 * time.Hour, dead: 7 * 24 * time.Hour,
	downAfter: 30 * time.Minute, deadAfter: 30 * 24 * time.Hour, look: 15 * time.Second, reconcile: balls.Every,
}

const checkSpread = 0.1

// wait returns the time until the next check of a relay in the given state: the interval for one that answers, a growing
// distance for one that fails, and for one that turns us away as long as it has done so, within bounds, because coming
// back soon is what it objects to.
func (p pace) wait(s store.State, interval time.Duration) time.Duration {
	slowest := max(p.slowest, interval)
	switch {
	case s.State == dead:
		return max(p.dead, interval)
	case s.Failures > 0:
		return min(p.retry(s, interval), slowest)
	case s.State == blocked:
		return min(max(s.CheckedAt.Sub(s.Since), interval), slowest)
	}
	return interval
}

// retry is the distance to a relay that fails: doubling up to the interval, so that an outage is measured as well as a
// good time is; later an eighth of the time that it has been failing, so that it is still measured to an eighth.
func (p pace) retry(s store.State, interval time.Duration) time.Duration {
	doubling := min(p.recheck<<min(s.Failures-1, 16), interval)
	return max(doubling, s.CheckedAt.Sub(s.FailingSince)/8)
}

// next is when the relay is to be checked again, spread so that relays which met once do not stay together.
func (p pace) next(s store.State, interval time.Duration) time.Time {
	return spread(s.CheckedAt, p.wait(s, interval))
}

// soon is when a relay is to be checked again after a round that says nothing of it: at its own distance, but one that
// works not much later than one that fails.
func (p pace) soon(before store.State, now time.Time, interval time.Duration) time.Time {
	wait := p.recheck
	if before.State != "" && (before.Failures > 0 || before.State == blocked) {
		wait = p.wait(before, interval)
	}
	return spread(now, wait)
}

func spread(from time.Time, wait time.Duration) time.Time {
	return from.Add(app.Jitter(wait, checkSpread)).Truncate(time.Second)
}
