package synchronizer

import (
	"context"
	"errors"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	// maxTooMuch is how many answers in a row may be too large, however narrow the question.
	maxTooMuch = 8
	// maxTooLarge is how many answers in a row may hold a frame that is too large: halving the time
	// since 1970 until one second is left takes 31.
	maxTooLarge = 40
)

// errOversized says that a single second cannot be asked for, because of a frame in it.
var errOversized = errors.New("second holds a frame that is too large")

// giveUp returns the error that ends a question which asking for less does not mend, or nil.
func (w *walker) giveUp(q question, err error) error {
	if tooLarge(err) && q.kinds != nil {
		return errOversized
	}
	if tooLarge(err) {
		if w.tooLarge++; w.tooLarge > maxTooLarge {
			return err
		}
		w.giant = &Interval{Since: q.Since, Until: q.Until}
		if q.Since == q.Until {
			w.giant = nil
			return errOversized
		}
		return nil
	}
	if q.kinds != nil {
		return nil // a part of a second; second.go counts them
	}
	if w.tooMuch++; w.tooMuch > maxTooMuch {
		return &relay.Error{Class: relay.ClassFlood}
	}
	return nil
}

// recordSkipped covers the seconds that could not be asked for as a whole, part by part; what the
// frame in them keeps away is recorded as cut. A relay that never gives an answer which can be read
// has nothing recorded.
func (w *walker) recordSkipped(ctx context.Context) error {
	skipped := w.skipped
	w.skipped = nil
	for _, second := range skipped {
		a := answer{overfull: true, rejected: map[string]int{string(event.TooLarge): 1}}
		if err := w.second(ctx, second.Since, &a); err != nil {
			return err
		}
	}
	return nil
}

// aim keeps a question from going past a frame that is known to be too large, so that the way to
// it is halved once and not anew after every answer.
func (w *walker) aim(iv Interval) Interval {
	if w.giant == nil || w.giant.Until < iv.Since || w.giant.Since > iv.Until {
		w.giant = nil
		return iv
	}
	if w.direction() == forward {
		return Interval{Since: iv.Since, Until: min(iv.Until, w.giant.Until)}
	}
	return Interval{Since: max(iv.Since, w.giant.Since), Until: iv.Until}
}

// narrow cuts an interval whose answer was given up, on the side where the relay begins: right
// before a frame that is too large, or at the middle of what had come; with nothing at hand, in
// halves of time.
func (w *walker) narrow(a *answer, iv Interval, large bool) Interval {
	d := w.direction()
	if large && len(a.events) > 0 && w.manners.order != orderNone {
		if near := d.upTo(iv, d.edge(a)); near.Since <= near.Until {
			return near
		}
		return Interval{Since: d.start(iv), Until: d.start(iv)}
	}
	middle := iv.Since + (iv.Until-iv.Since)/2
	if len(a.events) > 0 {
		middle = min(max(median(a), iv.Since), iv.Until-1)
	}
	if d == forward {
		return Interval{Since: iv.Since, Until: middle}
	}
	return Interval{Since: middle + 1, Until: iv.Until}
}
