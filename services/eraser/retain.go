package eraser

import (
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
)

// retain removes what rules of retention have come to match, when that is due.
func (e *Eraser) retain(ctx context.Context, rules retention.Rules) error {
	now := time.Now()
	if len(rules) == 0 || now.Sub(e.retainedAt) < e.cfg.Retention.Interval {
		return nil
	}
	for _, rule := range rules {
		var done Done
		if err := e.store.ApplyRetention(ctx, rule, now, done.add); err != nil {
			return err
		}
		if done.Events > 0 {
			e.log.Info("What a rule does not keep was removed", app.Rule, rule.Name, app.Batch, done.Events)
		}
	}
	e.retainedAt = now
	return nil
}
