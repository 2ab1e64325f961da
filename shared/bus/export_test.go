package bus

import (
	"context"
	"time"
)

// Hurry makes a test's bus report that a message is in work this often.
func (b *Bus) Hurry(every time.Duration) { b.progressEvery = every }

// Shorten gives a consumer another AckWait.
func (b *Bus) Shorten(ctx context.Context, stream, consumer string, wait time.Duration) error {
	c, err := b.js.Consumer(ctx, stream, consumer)
	if err != nil {
		return err
	}
	cfg := c.CachedInfo().Config
	cfg.AckWait = wait
	_, err = b.js.UpdateConsumer(ctx, stream, cfg)
	return err
}
