package synchronizer

import (
	"context"
	"math"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// pagesAhead bounds the requests for what is dated in the future.
const pagesAhead = 20

// ahead archives what is dated after now: clocks that run ahead, and created_at in milliseconds. It
// proves nothing, because nothing about the future can be settled.
func (w *walker) ahead(ctx context.Context, now time.Time) error {
	rest, none := Interval{Since: now.Unix() + 1, Until: math.MaxInt64 - 1}, Interval{Since: 1, Until: 0}
	for range pagesAhead {
		a, err := w.asker.ask(ctx, question{Interval: rest, open: rest.Until == math.MaxInt64-1})
		if err != nil || len(a.events) == 0 {
			return passOver(err)
		}
		if err := w.prove.prove(ctx, &a, none, ingest.Proof_PROOF_NONE); err != nil {
			return err
		}
		oldest := a.oldest()
		if w.under(&a) || w.manners.order != orderNewest || oldest == rest.Since || oldest == rest.Until {
			return nil
		}
		rest.Until = oldest
	}
	return nil
}

// passOver drops a refusal: a relay that does not answer about the future is walked all the same.
func passOver(err error) error {
	if refusal(err) || tooLarge(err) {
		return nil
	}
	return err
}
