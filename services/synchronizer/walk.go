package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// errPaused ends a walk whose turn is over; the rest is walked in the next turn.
var errPaused = errors.New("turn is over")

// errIgnoresUntil ends a walk that cannot go back in time.
var errIgnoresUntil = errors.New("relay ignores until")

// prover takes what an answer brought and the interval that it proves. When it returns nil both
// are on disk.
type prover func(ctx context.Context, a *answer, iv Interval, proof ingest.Proof) error

// walker covers intervals of one relay's history with proven pages.
//
// It goes by keyset: the next question overlaps the oldest second of the answer before, so that
// no second is cut in two. Example: limit 3, events at 9 8 8 8 7 (newest first). The question
// [0,9] brings 9 8 8 and proves [9,9]. [0,8] brings 8 8 8, one second and the answer is full:
// that second is asked for alone (second.go) and proven. [0,7] brings 7, under the cap, and
// proves [7,7]. [0,6] brings nothing: the empty rest is probed and proven.
type walker struct {
	*asker
	prove    prover
	deadline time.Time
	authors  map[event.PubKey]struct{} // seen in this turn; splits what kinds cannot
	tooMuch  int                       // answers in a row that were too large
	tooLarge int                       // answers in a row that held a frame too large to be read
	skipped  []Interval                // seconds that could not be asked for; cut once anything can
	giant    *Interval                 // holds a frame that is too large to be read
}

const (
	// maxTooMuch is how many answers in a row may be too large, however narrow the question.
	maxTooMuch = 8
	// maxTooLarge is how many answers in a row may hold a frame that is too large: halving the time
	// since 1970 until one second is left takes 31.
	maxTooLarge = 40
)

// errOversized says that a single second cannot be asked for, because of a frame in it.
var errOversized = errors.New("second holds a frame that is too large")

// maxAuthors bounds walker.authors.
const maxAuthors = 20000

// walk covers the intervals in the order given.
func (w *walker) walk(ctx context.Context, intervals []Interval) error {
	for _, iv := range intervals {
		if err := w.cover(ctx, iv); err != nil {
			return err
		}
	}
	return w.recordSkipped(ctx)
}

func (w *walker) cover(ctx context.Context, iv Interval) error {
	switch w.manners.order {
	case orderNewest:
		return w.descend(ctx, iv)
	case orderOldest:
		return w.ascend(ctx, iv)
	}
	return w.halve(ctx, iv)
}

// ask asks, learns from the answer, and narrows a question whose answer was too large.
// narrowed is the interval that the answer is about.
func (w *walker) ask(ctx context.Context, q question) (a answer, narrowed Interval, err error) {
	q.Interval = w.aim(q.Interval)
	for {
		if q.kinds == nil && time.Now().After(w.deadline) {
			return a, q.Interval, errPaused
		}
		a, err = w.asker.ask(ctx, q)
		if !errors.Is(err, errTooMuch) && !tooLarge(err) {
			break
		}
		if err := w.giveUp(q, err); err != nil {
			return answer{}, q.Interval, err
		}
		if q.Since == q.Until {
			a.overfull = true
			w.remember(&a)
			return a, q.Interval, nil
		}
		q.Interval = w.narrow(&a, q.Interval, tooLarge(err))
	}
	if err == nil {
		err = w.recordSkipped(ctx)
		w.tooMuch, w.tooLarge = 0, 0
		w.manners.learn(&a)
		w.remember(&a)
	}
	return a, q.Interval, err
}

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

// recordSkipped records the seconds that could not be asked for as cut. A relay that never gives
// an answer which can be read has nothing recorded.
func (w *walker) recordSkipped(ctx context.Context) error {
	skipped := w.skipped
	w.skipped = nil
	for _, second := range skipped {
		if err := w.prove(ctx, &answer{}, second, ingest.Proof_PROOF_TRUNCATED); err != nil {
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
	if w.manners.order == orderOldest {
		return Interval{Since: iv.Since, Until: min(iv.Until, w.giant.Until)}
	}
	return Interval{Since: max(iv.Since, w.giant.Since), Until: iv.Until}
}

// narrow cuts an interval whose answer was given up, on the side where the relay begins: at the
// middle of what had come, or right before a frame that is too large; with nothing at hand, in
// halves of time.
func (w *walker) narrow(a *answer, iv Interval, large bool) Interval {
	forward := w.manners.order == orderOldest
	middle := iv.Since + (iv.Until-iv.Since)/2
	switch {
	case len(a.events) == 0:
	case large && forward:
		middle = max(a.newest()-1, iv.Since)
	case large && w.manners.order == orderNewest:
		middle = min(a.oldest(), iv.Until-1)
	default:
		middle = min(max(median(a), iv.Since), iv.Until-1)
	}
	if forward {
		return Interval{Since: iv.Since, Until: middle}
	}
	return Interval{Since: middle + 1, Until: iv.Until}
}

func (w *walker) remember(a *answer) {
	for i := range a.events {
		if len(w.authors) < maxAuthors {
			w.authors[a.events[i].PubKey] = struct{}{}
		}
	}
}

// descend walks a relay that answers newest first.
func (w *walker) descend(ctx context.Context, iv Interval) error {
	before := memory{again: w.manners.seen(iv)}
	for until := iv.Until; until >= iv.Since; {
		a, asked, err := w.ask(ctx, question{Interval: Interval{Since: iv.Since, Until: until}})
		if errors.Is(err, errOversized) {
			until, w.skipped = asked.Since-1, append(w.skipped, asked)
			continue
		}
		if err != nil {
			return err
		}
		if again, err := before.doubt(&a); err != nil {
			return err
		} else if again {
			continue
		}
		descends, _ := a.order()
		before.compare(w.manners, &a)
		switch {
		case descends && w.manners.ignoresSince && a.past > fewEvents:
			until, err = asked.Since-1, w.prove(ctx, &a, asked, proofOf(&a)) // it went on beyond the interval
		case len(a.events) == 0 && !w.under(&a) || !descends:
			w.manners.order = orderNone // until it is probed again
			return w.halve(ctx, Interval{Since: iv.Since, Until: until})
		case len(a.events) == 0 && asked.Since > iv.Since:
			until, err = asked.Since-1, w.prove(ctx, &a, asked, proofOf(&a))
		case len(a.events) == 0:
			return w.empty(ctx, &a, asked)
		case a.oldest() == until:
			until, err = until-1, w.second(ctx, until, &a)
		default:
			proven := Interval{Since: a.oldest() + 1, Until: until}
			until, err = a.oldest(), w.prove(ctx, &a, proven, proofOf(&a))
		}
		if err != nil {
			return err
		}
		before.keep(&a, asked.Since == iv.Since, Interval{Since: iv.Since, Until: until})
		if w.manners.ignoresUntil {
			return errIgnoresUntil
		}
	}
	return nil
}

// ascend walks a relay that answers oldest first.
func (w *walker) ascend(ctx context.Context, iv Interval) error {
	before := memory{again: w.manners.seen(iv)}
	for since := iv.Since; since <= iv.Until; {
		a, asked, err := w.ask(ctx, question{Interval: Interval{Since: since, Until: iv.Until}})
		if errors.Is(err, errOversized) {
			since, w.skipped = asked.Until+1, append(w.skipped, asked)
			continue
		}
		if err != nil {
			return err
		}
		if again, err := before.doubt(&a); err != nil {
			return err
		} else if again {
			continue
		}
		_, ascends := a.order()
		before.compare(w.manners, &a)
		switch {
		case len(a.events) == 0 && !w.under(&a) || !ascends:
			w.manners.order = orderNone // until it is probed again
			return w.halve(ctx, Interval{Since: since, Until: iv.Until})
		case len(a.events) == 0 && asked.Until < iv.Until:
			since, err = asked.Until+1, w.prove(ctx, &a, asked, proofOf(&a))
		case len(a.events) == 0:
			return w.empty(ctx, &a, asked)
		case a.newest() == since:
			since, err = since+1, w.second(ctx, since, &a)
		default:
			proven := Interval{Since: since, Until: a.newest() - 1}
			since, err = a.newest(), w.prove(ctx, &a, proven, proofOf(&a))
		}
		if err != nil {
			return err
		}
		before.keep(&a, asked.Until == iv.Until, Interval{Since: since, Until: iv.Until})
	}
	return nil
}

// halve walks a relay whose order cannot be trusted: an interval is proven only by an answer
// clearly under the cap whose lower half brings nothing new when it is asked for alone.
func (w *walker) halve(ctx context.Context, iv Interval) error {
	a, asked, err := w.ask(ctx, question{Interval: iv})
	if errors.Is(err, errOversized) {
		w.skipped = append(w.skipped, asked)
		return w.halveRest(ctx, Interval{Since: iv.Since, Until: asked.Since - 1})
	}
	if err != nil {
		return err
	}
	if asked == iv && iv.Since == iv.Until {
		return w.second(ctx, iv.Since, &a)
	}
	middle := iv.Since + (iv.Until-iv.Since)/2
	if len(a.events) > 0 {
		middle = min(max(median(&a)-1, iv.Since), iv.Until-1)
	}
	lower, upper := Interval{Since: iv.Since, Until: middle}, Interval{Since: middle + 1, Until: iv.Until}
	if asked == iv && w.under(&a) {
		again, _, err := w.ask(ctx, question{Interval: lower})
		if err != nil && !errors.Is(err, errOversized) {
			return err
		}
		if err == nil && strangers(&again, &a) == 0 && w.under(&again) {
			return w.prove(ctx, &a, iv, proofOf(&a))
		}
	}
	a = answer{} // not held while its halves are walked
	if err := w.halve(ctx, upper); err != nil {
		return err
	}
	return w.halve(ctx, lower)
}

// halveRest walks what is left below a second that was skipped.
func (w *walker) halveRest(ctx context.Context, rest Interval) error {
	if rest.Since > rest.Until {
		return nil
	}
	return w.halve(ctx, rest)
}

func (w *walker) under(a *answer) bool { return !a.overfull && w.manners.under(a, w.limit) }

// proofOf is what a page can prove: one that lacks an event which the archive cannot hold is cut.
func proofOf(a *answer) ingest.Proof {
	if a.oversized() {
		return ingest.Proof_PROOF_TRUNCATED
	}
	return ingest.Proof_PROOF_EOSE
}
