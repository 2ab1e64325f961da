package synchronizer

import (
	"context"
	"errors"
	"time"
)

// secondLimit is how many events of one second are asked for at once of a relay that may send more than we ask for as a rule.
const secondLimit = 5000

// alone asks for one second and nothing else. Where our own limit may be what cuts the answer, it is raised, and stays so when
// that brings more.
//
// Example: limit 500, a relay without a cap, 1,200 events in the second. With limit 5,000 it sends them all, which proves
// nothing: its cap may be 1,200. So 1,366 events of any time are asked for, and when they come, 1,200 are fewer than an
// answer holds.
func (w *walker) alone(ctx context.Context, iv Interval) (answer, error) {
	usual := w.limit
	if w.manners.cap < usual || w.manners.shortest > 0 || w.manners.pageLimit > 0 || w.lowered || usual >= secondLimit {
		a, _, err := w.ask(ctx, question{Interval: iv})
		return a, err
	}
	w.limit = secondLimit
	a, _, err := w.ask(ctx, question{Interval: iv})
	if err == nil && a.sent > usual {
		return a, w.measure(ctx, len(a.events))
	}
	w.limit = usual
	if refusal(err) || err == nil && a.sent < usual {
		a, _, err = w.ask(ctx, question{Interval: iv}) // it takes no limit that high
	}
	return a, err
}

// measure asks for some more than n events, to learn whether the relay can send them at once.
func (w *walker) measure(ctx context.Context, n int) error {
	limit := w.limit
	defer func() { w.limit = limit }()
	w.limit = n + n/8 + fewEvents
	a, err := w.asker.ask(ctx, question{Interval: w.within(Interval{Since: 0, Until: time.Now().Unix()})})
	if err == nil || errors.Is(err, errTooMuch) {
		w.manners.learn(&a)
		return nil
	}
	return passOver(err)
}
