package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// approaches are how much is asked for, one after the other, of a relay that refuses: some refuse a limit above their
// maximum, or too long a time, in place of answering less.
var approaches = []struct {
	limit int           // 0 = ours
	span  time.Duration // 0 = everything up to now
}{{}, {limit: 100}, {limit: 100, span: 90 * day}, {limit: 100, span: day}}

const (
	// lingering is how long events behind the EOSE of the first answer are waited for, while other questions are asked.
	lingering = 500 * time.Millisecond
	// lingeringOn is how long each question waits at a relay that sends them.
	lingeringOn = time.Second
	// justNow is how old an event may be that a relay has received while it answered, in seconds.
	justNow = 60
)

// approach asks the first question, about everything up to now, and asks for less while the relay refuses.
func (a *asker) approach(ctx context.Context, now time.Time) (all answer, err error) {
	limit, tries := a.limit, a.tries
	a.wary = a.linger == 0
	for _, less := range approaches {
		if less.limit > 0 {
			a.limit, a.lowered, a.tries = min(limit, less.limit), true, 0
		}
		a.span = int64(less.span / time.Second)
		if all, err = a.fit(ctx, Interval{Since: 0, Until: now.Unix()}); !tooDemanding(err) {
			break
		}
	}
	a.tries, a.wary = tries, false
	if tooDemanding(err) {
		a.limit, a.lowered, a.span = limit, false, 0
	}
	return all, err
}

// tooDemanding says whether a relay may answer when less is asked for: it did not refuse us, but what we asked.
func tooDemanding(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	if !ok || failure.Class != relay.ClassClosed && failure.Class != relay.ClassNotice {
		return false
	}
	switch failure.Prefix {
	case "", "error", "invalid", "unsupported":
		return true
	}
	return false
}

// within is the newest part of an interval about which the relay may be asked at once.
func (a *asker) within(iv Interval) Interval {
	if a.span > 0 {
		iv.Since = max(iv.Since, iv.Until-a.span)
	}
	return iv
}

// shorten has fewer events asked for at once of a relay that goes on cutting its answers off, and says whether that may help.
func (a *asker) shorten(got *answer, err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	if !ok || !transient(err) || limited(err) || failure.Class != relay.ClassDisconnect && failure.Class != relay.ClassClosed {
		return false
	}
	less := min(got.sent, a.limit) / 2
	if less < fewEvents/2 {
		return false
	}
	a.limit, a.lowered = less, true
	return true
}

// unusual says whether the relay is asked in a way that its stored manners cannot tell, so that it is probed in each session.
func (a *asker) unusual() bool { return a.span > 0 || a.linger > 0 }
