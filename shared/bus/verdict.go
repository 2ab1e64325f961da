package bus

import (
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// retryAfter is the delay of a nak when the handler named none.
const retryAfter = 5 * time.Second

type retryError struct {
	after time.Duration
	err   error
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// Retry makes the message come again after the given time, give or take a quarter.
// It is not logged: whoever retries on purpose has nothing to report.
func Retry(after time.Duration, err error) error { return &retryError{after, err} }

type discardError struct {
	reason string
	err    error
}

func (e *discardError) Error() string { return fmt.Sprintf("%s: %v", e.reason, e.err) }
func (e *discardError) Unwrap() error { return e.err }

// Discard copies the message to DEAD under the given reason and takes it out of its stream.
// For what no retry will ever mend.
func Discard(reason string, err error) error { return &discardError{reason, err} }

// IsDiscard says whether an error is a verdict of Discard, for messages that no consumer delivered.
func IsDiscard(err error) bool {
	_, is := errors.AsType[*discardError](err)
	return is
}

// Partial gives single deliveries of a batch a verdict of their own; those that it does not
// name are acknowledged.
type Partial struct {
	Errors map[*Delivery]error
}

func (p *Partial) Error() string { return fmt.Sprintf("%d deliveries were not done", len(p.Errors)) }

// jitter spreads a delay over three quarters to five quarters of itself.
func jitter(d time.Duration) time.Duration { return app.Jitter(d, 0.25) }

func asRetry(err error) (time.Duration, bool) {
	if retry, ok := errors.AsType[*retryError](err); ok {
		return retry.after, true
	}
	return 0, false
}
