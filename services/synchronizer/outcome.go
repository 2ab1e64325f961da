package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Outcomes of a turn, as they stand in a visit.
const (
	outcomeDone    = "done"    // everything that was due is covered
	outcomePaused  = "paused"  // the turn was over first
	outcomeFailed  = "failed"  // the relay could not answer
	outcomeRefused = "refused" // the relay would not answer, or is not asked
)

const (
	maxInterval    = 24 * time.Hour
	refusedAgain   = 24 * time.Hour
	firstFailure   = 5 * time.Minute
	reasonRead     = "not_readable"
	reasonUntil    = "ignores_until"
	reasonBounds   = "ignores_bounds"
	reasonForgot   = "sends_nothing_now"
	reasonSpent    = "bytes_of_the_day"
	reasonForger   = "forged_signatures"
	resumeAtOnce   = time.Second
	intervalShrink = 3 // SYNC_INTERVAL falls to this part of itself while new events come
)

// errNotReadable says that the monitor could not read from the relay lately.
var errNotReadable = errors.New("relay was not readable when it was checked")

// judge turns the error that ended a walk into an outcome and a bounded reason. ours says that
// the fault is on our side: the task is given back then, and no visit is reported.
func judge(err error) (outcome, reason string, ours bool) {
	var failure *relay.Error
	switch {
	case err == nil:
		return outcomeDone, "", false
	case errors.Is(err, errPaused):
		return outcomePaused, "", false
	case errors.Is(err, errSpent):
		return outcomePaused, reasonSpent, false
	case errors.Is(err, errForger):
		return outcomeFailed, reasonForger, false
	case errors.Is(err, errIgnoresUntil):
		return outcomeFailed, reasonUntil, false
	case errors.Is(err, errIgnoresBounds):
		return outcomeFailed, reasonBounds, false
	case errors.Is(err, errOversized):
		return outcomeFailed, string(relay.ClassTooLarge), false
	case errors.Is(err, errForgot):
		return outcomeFailed, reasonForgot, false
	case errors.Is(err, errNotReadable):
		return outcomeRefused, reasonRead, false
	case errors.Is(err, context.Canceled), !errors.As(err, &failure), failure.Class == relay.ClassCanceled, failure.Class == relay.ClassBusy,
		failure.Class == relay.ClassNoProxy:
		return "", "", true
	}
	switch failure.Class {
	case relay.ClassDenied, relay.ClassReserved, relay.ClassNotice, relay.ClassAuth, relay.ClassClosed:
		if !transient(err) {
			return outcomeRefused, failure.Reason(), false
		}
	}
	return outcomeFailed, failure.Reason(), false
}

// soften turns a refusal of a relay that gave pages in the same turn into a failure: it is not us whom it refuses.
func soften(outcome string, err error, pages uint32) string {
	if outcome == outcomeRefused && pages > 0 && answersNothing(err) {
		return outcomeFailed
	}
	return outcome
}

// next returns how long to leave a relay alone whose turns are an interval apart: before is how long
// it was left alone last time. Relays that bring news are asked more often.
func next(interval time.Duration, outcome, reason string, news bool, before time.Duration) time.Duration {
	switch {
	case outcome == outcomePaused:
		return resumeAtOnce
	case outcome == outcomeRefused && reason != reasonRead:
		return refusedAgain
	case outcome == outcomeFailed:
		return min(max(2*before, firstFailure), maxInterval)
	}
	if news {
		return max(min(before, 2*interval)/2, interval/intervalShrink)
	}
	return min(max(2*before, interval), max(maxInterval, interval))
}
