package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// errPaused ends a walk whose turn is over; the rest is walked in the next turn.
var errPaused = errors.New("turn is over")

// errIgnoresUntil ends a walk that cannot go back in time.
var errIgnoresUntil = errors.New("relay ignores until")

// errIgnoresBounds ends a walk that cannot divide time.
var errIgnoresBounds = errors.New("relay answers in no order and not about the time it is asked for")

// prover is the archive as a walk sees it.
type prover interface {
	// prove takes what an answer brought and the interval that it proves. When it returns nil both
	// are on disk.
	prove(ctx context.Context, a *answer, iv Interval, proof ingest.Proof) error
	// held returns what the relay served before inside the interval; the error is errTooMany when
	// that is more than one exchange may compare.
	held(ctx context.Context, iv Interval) ([]store.Held, error)
	// archived returns those of the ids that the archive has, whoever served them.
	archived(ctx context.Context, ids []event.ID) (map[event.ID][64]byte, error)
	// reconciled proves an interval with the events that were fetched, the ids that both sides have,
	// and what the relay serves no more.
	reconciled(ctx context.Context, a *answer, iv Interval, both []event.ID, missing []store.Held) error
}

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
	visit    *ingest.Visit
	deadline time.Time
	again    bool                      // what is walked now was settled before
	paging   bool                      // ids are not compared now
	authors  map[event.PubKey]struct{} // seen in this turn; splits what kinds cannot
	tooMuch  int                       // answers in a row that were too large
	tooLarge int                       // answers in a row that held a frame too large to be read
	skipped  []Interval                // seconds that could not be asked for; cut once anything can
	giant    *Interval                 // holds a frame that is too large to be read
	barren   int                       // full answers in a row about one second that held nothing of it
	shorter  int                       // how often a list of ids was halved because its answer was too large
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
	if w.reconciles() {
		return w.reconcile(ctx, iv)
	}
	if w.manners.order == orderNone {
		return w.halve(ctx, iv)
	}
	return w.follow(ctx, iv)
}

// byPages covers an interval that reconciling did not settle.
func (w *walker) byPages(ctx context.Context, iv Interval) error {
	w.paging = true
	defer func() { w.paging = false }()
	return w.cover(ctx, iv)
}

// reconciles says whether ids are compared before bodies are sent (NIP-77): where the relay can, and
// what is walked was walked before or has brought little that was new in this turn.
func (w *walker) reconciles() bool {
	known := w.visit.KnownEvents
	return w.manners.negentropy && !w.paging && (w.again || known > uint64(w.limit) && known > 4*w.visit.NewEvents)
}

func (w *walker) turnIsOver() error {
	if time.Now().After(w.deadline) {
		return errPaused
	}
	return nil
}

// ask asks, learns from the answer, and narrows a question whose answer was too large.
// narrowed is the interval that the answer is about.
func (w *walker) ask(ctx context.Context, q question) (a answer, narrowed Interval, err error) {
	q.Interval = w.reach(w.aim(q.Interval))
	for {
		if err := w.turnIsOver(); q.kinds == nil && err != nil {
			return a, q.Interval, err
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

// reach is the part of an interval about which the relay may be asked at once, at the end where it begins.
func (w *walker) reach(iv Interval) Interval {
	if w.span > 0 && w.direction() == forward {
		return Interval{Since: iv.Since, Until: min(iv.Until, iv.Since+w.span)}
	}
	return w.within(iv)
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
func proofOf(a *answer, whole ingest.Proof) ingest.Proof {
	if a.oversized() {
		return ingest.Proof_PROOF_TRUNCATED
	}
	return whole
}
