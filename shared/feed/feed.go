package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// putOff is the delay of a result when the archive could not be asked about it.
const putOff = 10 * time.Second

// Reader is one position in the results of checks.
type Reader struct {
	Bus   *bus.Bus
	Store *store.Store // only read

	Consumer subject.Consumer // of subject.FactConsumer
	Vantage  string           // results of other vantages are passed over
	MaxAge   time.Duration    // older results are passed over

	// Wants says whether a result is of interest at all, before anybody is asked about it; nil = every one is.
	Wants func(Check) bool
	// Passed is told why a result was passed over: other_vantage, stale, overtaken.
	Passed func(reason string)
}

// Reasons that Passed is told.
const (
	OtherVantage = "other_vantage"
	Stale        = "stale"
	Overtaken    = "overtaken"
)

// Follow hands over results one after the other until ctx ends, and returns nil then. What handle returns decides as with
// bus.Each.
func (r Reader) Follow(ctx context.Context, handle func(context.Context, Check) error) error {
	return r.Bus.EachOf(ctx, r.Consumer, 1, func(ctx context.Context, d *bus.Delivery) error {
		check, err := Read(d.Body)
		if err != nil {
			return bus.Discard("bad_result", err)
		}
		if r.Wants != nil && !r.Wants(check) {
			return nil
		}
		reason, err := r.pass(ctx, check)
		if err != nil {
			return err
		}
		if reason != "" {
			r.Passed(reason)
			return nil
		}
		return handle(ctx, check)
	})
}

// errAhead says that the archive asked knows less than the stream, as a replica may for a while.
var errAhead = errors.New("the archive does not have the result yet")

// pass says why a result needs no handling; "" = it does.
func (r Reader) pass(ctx context.Context, check Check) (reason string, err error) {
	if check.Vantage != r.Vantage {
		return OtherVantage, nil
	}
	if time.Since(check.CheckedAt) > r.MaxAge {
		return Stale, nil
	}
	last, known, err := r.Store.State(ctx, string(check.Relay), check.Vantage)
	if err == nil && (!known || last.CheckedAt.Before(check.CheckedAt)) {
		err = errAhead
	}
	if err != nil && ctx.Err() == nil {
		return "", bus.Retry(putOff, fmt.Errorf("look up %s: %w", check.Relay, err))
	}
	if err == nil && last.CheckedAt.After(check.CheckedAt) {
		return Overtaken, nil
	}
	return "", err
}
