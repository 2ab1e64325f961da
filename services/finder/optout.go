package finder

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
)

// keepOptOuts puts the copy of the opt-outs on the bus right from the archive, again and again until ctx ends.
func (f *Finder) keepOptOuts(ctx context.Context) {
	for {
		if err := budget.Reconcile(ctx, f.bus, f.store); err != nil && ctx.Err() == nil {
			f.log.Error("Reconciling opt-outs with the archive was put off", app.Err, err)
		}
		if !app.Sleep(ctx, app.Jitter(balls.Every, 0.1)) {
			return
		}
	}
}
