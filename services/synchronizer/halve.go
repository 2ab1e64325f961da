package synchronizer

import (
	"context"
	"errors"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

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
		if w.isBarren(&a) {
			return errIgnoresBounds
		}
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
			return w.prove.prove(ctx, &a, iv, proofOf(&a, ingest.Proof_PROOF_EOSE))
		}
	}
	if w.manners.ignoresSince || w.manners.ignoresUntil {
		return errIgnoresBounds
	}
	a = answer{} // not held while its halves are walked
	if err := w.halve(ctx, upper); err != nil {
		return err
	}
	return w.halve(ctx, lower)
}

// isBarren says whether the relay goes on answering with what it was not asked for: second after second would be asked for.
func (w *walker) isBarren(a *answer) bool {
	if len(a.events) > 0 || w.under(a) {
		w.barren = 0
		return false
	}
	w.barren++
	return w.barren > fewEvents
}

// halveRest walks what is left below a second that was skipped.
func (w *walker) halveRest(ctx context.Context, rest Interval) error {
	if rest.Since > rest.Until {
		return nil
	}
	return w.halve(ctx, rest)
}
