package synchronizer

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// probesBack are the distances at which an empty rest is probed again: events that a relay
// hides from us count against its limit and can make a page look empty.
var probesBack = []int64{24 * 3600, 30 * 24 * 3600, 365 * 24 * 3600}

// empty proves an interval for which the relay answered nothing, after probing further on.
func (w *walker) empty(ctx context.Context, a *answer, iv Interval) error {
	d := w.direction()
	for _, distance := range probesBack {
		rest := d.from(iv, d.step(d.start(iv), distance))
		if rest.Since > rest.Until {
			break
		}
		probe, asked, err := w.ask(ctx, question{Interval: rest})
		if err != nil {
			return err
		}
		if asked != rest && len(probe.events) == 0 {
			return w.behindGiant(ctx, a, iv, rest)
		}
		if len(probe.events) > 0 {
			return w.hidden(ctx, a, iv, &probe)
		}
	}
	proof := ingest.Proof_PROOF_EMPTY
	if a.oversized() {
		proof = ingest.Proof_PROOF_TRUNCATED
	}
	return w.prove.prove(ctx, a, iv, proof)
}

// behindGiant proves what is before a probe that a frame too large to be read made narrower, and
// walks the rest: a part of it that is empty says nothing of the whole.
func (w *walker) behindGiant(ctx context.Context, a *answer, iv, rest Interval) error {
	d := w.direction()
	if err := w.prove.prove(ctx, a, d.upTo(iv, d.start(rest)), ingest.Proof_PROOF_EMPTY); err != nil {
		return err
	}
	return w.cover(ctx, rest)
}

// hidden asks once more for the stretch before the first event behind it, because a relay may have
// had nothing to say for a moment only, records it as cut if nothing comes, and walks on behind it.
func (w *walker) hidden(ctx context.Context, a *answer, iv Interval, behind *answer) error {
	d := w.direction()
	first := d.head(behind)
	gap, rest := d.upTo(iv, first), d.from(iv, first)
	again, _, err := w.ask(ctx, question{Interval: gap})
	switch {
	case err != nil:
	case len(again.events) > 0:
		err = w.cover(ctx, gap)
	default:
		err = w.prove.prove(ctx, a, gap, ingest.Proof_PROOF_TRUNCATED)
	}
	if err != nil {
		return err
	}
	return w.cover(ctx, rest)
}
