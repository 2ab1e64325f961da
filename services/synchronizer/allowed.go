package synchronizer

import (
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// allowed returns why the relay is left alone in this turn, or nil. A relay that an override names
// is asked whatever its checks say.
func (x *session) allowed(ctx context.Context) error {
	readable, err := x.readable(ctx)
	if err != nil {
		return err
	}
	if !readable {
		return errNotReadable
	}
	left, err := x.budget.Left(ctx, x.task.URL, int64(x.policy.MaxBytesPerDay))
	if err == nil && left <= 0 {
		return errSpent
	}
	return nil // a budget that cannot be looked up costs politeness only
}

// readable says whether the monitor read from the relay lately, or need not have.
func (x *session) readable(ctx context.Context) (bool, error) {
	checked := time.Unix(x.task.ReadableAt, 0)
	if x.policy.Named || !x.cfg.RequireReadable || time.Since(checked) < x.cfg.MaxCheckAge {
		return true, nil
	}
	state, found, err := x.store.State(ctx, x.task.URL, x.network.Vantage)
	if err != nil {
		return false, err
	}
	return found && state.State == subject.FactUp && time.Since(state.CheckedAt) < x.cfg.MaxCheckAge, nil
}

// spend counts received bytes against the relay's budget of the day.
func (x *session) spend(ctx context.Context, bytes int) (over bool) {
	over, err := x.budget.Spend(ctx, x.task.URL, int64(bytes), int64(x.policy.MaxBytesPerDay))
	return err == nil && over
}
