package writer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

const (
	sweepEvery = 5 * time.Minute
	sweepLease = "writer.sweep"
	// sweepMessages bounds one step of a sweep.
	sweepMessages = 64
)

// sweepOften sweeps at start, after every reconnect and every five minutes until ctx ends.
func (w *Writer) sweepOften(ctx context.Context) {
	again := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.bus.Reconnected(ctx, func() {
			select {
			case again <- struct{}{}:
			default: // a sweep is due already
			}
		})
	}()
	defer func() { <-done }()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.sweepOnce(ctx)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-again:
		}
	}
}

// sweepOnce sweeps unless another writer does.
func (w *Writer) sweepOnce(ctx context.Context) {
	lease, err := w.bus.Lease(ctx, sweepLease)
	if _, held := errors.AsType[*bus.HeldError](err); held {
		return
	}
	if err == nil {
		err = w.sweep(ctx)
		lease.Release()
	}
	switch {
	case err == nil:
		sweptAt.SetToCurrentTime()
	case ctx.Err() == nil:
		w.log.Warn("Sweep of INGEST was interrupted", app.Err, err)
	}
}

// sweep repairs the consumer and applies messages that it passed over. The stream is the truth: whatever is in it is not
// done.
func (w *Writer) sweep(ctx context.Context) error {
	upTo, err := w.bus.Repair(ctx, subject.ConsumerWriter)
	if err != nil {
		return err
	}
	if upTo > 0 {
		w.suspect.Store(upTo)
		consumersRepaired.Inc()
		w.log.Error("Consumer stood ahead of its stream and was made anew", app.Consumer, subject.ConsumerWriter)
	}
	for {
		stranded, err := w.bus.Stranded(ctx, subject.ConsumerWriter, sweepMessages)
		if err != nil || len(stranded) == 0 {
			return err
		}
		w.log.Warn("Messages had been passed over; applying them", app.Count, len(stranded))
		for _, d := range stranded {
			if err := w.adopt(ctx, d); err != nil {
				return err
			}
		}
	}
}

// adopt applies one stranded message and removes it; one that cannot be applied is moved to DEAD.
func (w *Writer) adopt(ctx context.Context, d *bus.Delivery) error {
	verdicts := map[*bus.Delivery]error{}
	for _, g := range w.groups([]*bus.Delivery{d}, verdicts) {
		w.writeGroup(ctx, g, verdicts)
	}
	if err := verdicts[d]; err != nil {
		if !bus.IsDiscard(err) {
			return fmt.Errorf("apply a stranded message: %w", err)
		}
		if err := w.bury(ctx, d, err); err != nil {
			return err
		}
	}
	strandedApplied.Inc()
	return w.bus.Remove(ctx, subject.ConsumerWriter, d)
}

func (w *Writer) bury(ctx context.Context, d *bus.Delivery, reason error) error {
	w.log.Error("Stranded message was given up", app.Subject, d.Subject, app.Err, reason)
	return w.bus.Publish(ctx, bus.Message{
		Subject: subject.Dead(subject.ConsumerWriter),
		Header:  map[string]string{subject.HeaderReason: "stranded", subject.HeaderSource: d.Subject},
		Body:    d.Body,
	})
}
