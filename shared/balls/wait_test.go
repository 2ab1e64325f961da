package balls

import (
	"context"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithTimeout(t.Context(), d)
	t.Cleanup(stop)
	return ctx, stop
}

// take keeps the first task and ends the consumer.
func take(into *bus.Task, stop func()) func(context.Context, *bus.Delivery) error {
	return func(_ context.Context, d *bus.Delivery) error {
		task, err := bus.ParseTask(d.Body)
		*into = task
		stop()
		return err
	}
}
