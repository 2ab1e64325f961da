package standalone

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// door opens the one gate that all services of a process share, on a connection of its own.
type door struct {
	cfg    Config
	nats   string // address
	log    *slog.Logger
	opened chan struct{} // closed when gate is there
	gate   *budget.Gate
	done   <-chan struct{} // closed when the last service has returned
}

// Run keeps the gate for as long as services use it: they give their slots back after ctx ended.
func (d *door) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go func() {
		select {
		case <-d.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	b, err := bus.Connect(ctx, bus.Config{URL: d.nats, Creds: d.cfg.NATS.Creds, Name: "bigbrotr-gate",
		InboxPrefix: d.cfg.NATS.InboxPrefix}, d.log)
	if err != nil && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer b.Close()
	d.gate = budget.New(d.cfg.Network, b, d.log)
	close(d.opened)
	return d.gate.Run(ctx)
}

// wait returns the gate.
func (d *door) wait(ctx context.Context) (*budget.Gate, error) {
	select {
	case <-d.opened:
		return d.gate, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pass runs a service that dials. While it is paused it does not run at all: it ends as after SIGTERM, hands its work
// back, and is made anew when it may go on. A paused service is ready; it does what it was told.
func (w *worker) pass(ctx context.Context) (err error) {
	w.wait(errors.New("connecting to NATS for the gate"))
	if w.gate, err = w.door.wait(ctx); err != nil {
		return err
	}
	w.options = w.gate.Options(w.options)
	w.waiting.Store(nil)
	for {
		if err := w.gate.Await(ctx, w.name, false); err != nil {
			return err
		}
		if paused, err := w.untilPaused(ctx); !paused {
			return err
		}
		w.log.Info("Service was paused")
	}
}

// untilPaused runs the service once, and says whether it ended because of the switch.
func (w *worker) untilPaused(ctx context.Context) (paused bool, err error) {
	running, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		if w.gate.Await(running, w.name, true) == nil {
			paused = true
			stop()
		}
	})
	err = w.build(w.parts).Run(running)
	stop()
	watching.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		return false, err
	}
	return paused && ctx.Err() == nil, err
}
