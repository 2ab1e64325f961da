package synchronizer

import (
	"context"
	"errors"
)

// follow walks a relay that answers in an order, from the end at which it begins.
func (w *walker) follow(ctx context.Context, iv Interval) error {
	d := w.direction()
	before := memory{again: w.manners.seen(iv)}
	for rest := iv; rest.Since <= rest.Until; {
		a, asked, err := w.ask(ctx, question{Interval: rest})
		if errors.Is(err, errOversized) {
			rest, w.skipped = d.behind(rest, asked), append(w.skipped, asked)
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
		before.compare(w.manners, &a)
		left, done, err := w.take(ctx, d, &a, rest, asked)
		if err != nil || done {
			return err
		}
		before.keep(&a, asked == rest, left)
		rest = left
		if d == backward && w.manners.ignoresUntil {
			return errIgnoresUntil
		}
	}
	return nil
}

// take proves what an answer proves and returns what is left to be asked for. It is done when the
// rest was walked in another way. asked is the rest, or the part of it that the answer is about.
func (w *walker) take(ctx context.Context, d direction, a *answer, rest, asked Interval) (left Interval, done bool, err error) {
	nothing, follows := len(a.events) == 0, d.follows(a)
	switch {
	case follows && d == backward && w.manners.ignoresSince && a.past > fewEvents:
		return d.behind(rest, asked), false, w.prove(ctx, a, asked, proofOf(a)) // it went on beyond the interval
	case !follows || nothing && !w.under(a):
		w.manners.order = orderNone // until it is probed again
		return rest, true, w.halve(ctx, rest)
	case nothing && asked != rest:
		return d.behind(rest, asked), false, w.prove(ctx, a, asked, proofOf(a))
	case nothing:
		return rest, true, w.empty(ctx, a, asked)
	}
	edge := d.edge(a)
	if edge == d.start(rest) {
		return d.from(rest, d.step(edge, 1)), false, w.second(ctx, edge, a)
	}
	return d.from(rest, edge), false, w.prove(ctx, a, d.upTo(rest, edge), proofOf(a))
}
