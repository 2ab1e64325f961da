package synchronizer

import (
	"context"
	"errors"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// follow walks a relay that answers in an order, from the end at which it begins.
func (w *walker) follow(ctx context.Context, iv Interval) error {
	d := w.direction()
	before := memory{again: w.manners.seen(w.question(question{Interval: iv}))}
	for rest := iv; rest.Since <= rest.Until; {
		if w.reconciles() {
			return w.reconcile(ctx, rest)
		}
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
		} else if again || before.skips(&a, d.start(rest)) && w.manners.excludes(d) {
			continue
		}
		before.compare(w.manners, &a, w.limit)
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
	case follows && w.finished(a):
		return d.behind(rest, asked), false, w.prove.prove(ctx, a, asked, proofOf(a, ingest.Proof_PROOF_FINISH))
	case follows && d == backward && w.manners.ignoresSince && a.past > fewEvents:
		return d.behind(rest, asked), false, w.prove.prove(ctx, a, asked, proofOf(a, ingest.Proof_PROOF_EOSE)) // it went on beyond the interval
	case !follows || nothing && !w.under(a):
		w.manners.order = orderNone // until it is probed again
		return rest, true, w.halve(ctx, rest)
	case nothing && asked != rest:
		return d.behind(rest, asked), false, w.prove.prove(ctx, a, asked, proofOf(a, ingest.Proof_PROOF_EOSE))
	case nothing:
		return rest, true, w.empty(ctx, a, asked)
	}
	edge := d.edge(a)
	if edge == d.start(rest) {
		return d.from(rest, d.step(edge, 1)), false, w.second(ctx, edge, a)
	}
	return d.from(rest, edge), false, w.prove.prove(ctx, a, d.upTo(rest, edge), proofOf(a, ingest.Proof_PROOF_EOSE))
}

// finished says whether the relay said that nothing else matches (NIP-67), and is believed: its hints
// were true when it was probed, and the answer is not as full as its answers get.
func (w *walker) finished(a *answer) bool {
	return w.manners.hints && a.hint == hintFinish && !a.overfull && a.sent < min(w.manners.cap, w.limit)
}

// Hints of NIP-67.
const (
	hintFinish = "finish"
	hintMore   = "more"
)
