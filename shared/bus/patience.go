package bus

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	firstPause   = 200 * time.Millisecond
	slowestPause = 5 * time.Second
	pauseSpread  = 0.25
)

// Patience publishes for those who have time, such as an import: a stream that is full, or a server that is away, is waited
// for.
type Patience struct {
	Log *slog.Logger

	waiting atomic.Bool
}

// Waiting says whether the last try was refused. It may be called at any time.
func (p *Patience) Waiting() bool { return p.waiting.Load() }

// Publish tries until publish succeeds, fails for another reason, or ctx ends, which is an error then. A publish that began
// is finished whatever becomes of ctx; it must be harmless to repeat.
func (p *Patience) Publish(ctx context.Context, publish func(context.Context) error) error {
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, slowestPause) {
		err := publish(context.WithoutCancel(ctx))
		p.waiting.Store(err != nil)
		if err == nil || !errors.Is(err, ErrFull) && !errors.Is(err, ErrUnavailable) {
			return err
		}
		p.Log.Warn("The stream took nothing; trying again", app.Wait, pause.Milliseconds(), app.Err, err)
		app.Sleep(ctx, app.Jitter(pause, pauseSpread))
	}
	return context.Cause(ctx)
}
