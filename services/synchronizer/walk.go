package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
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
	if w.manners.order == orderNone {
		return w.halve(ctx, iv)
	}
	return w.follow(ctx, iv)
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

func (w *walker) remember(a *answer) {
	for i := range a.events {
		if len(w.authors) < maxAuthors {
			w.authors[a.events[i].PubKey] = struct{}{}
		}
	}
}

func (w *walker) under(a *answer) bool { return !a.overfull && w.manners.under(a, w.limit) }

// proofOf is what a page can prove: one that lacks an event which the archive cannot hold is cut.
func proofOf(a *answer) ingest.Proof {
	if a.oversized() {
		return ingest.Proof_PROOF_TRUNCATED
	}
	return ingest.Proof_PROOF_EOSE
}
