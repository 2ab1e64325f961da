package eraser

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	eraseLease = "eraser"
	// factsLag is how long a writer may take to publish what it had committed before the erasure.
	factsLag = 2 * time.Second
)

// Eraser erases. Any number of them may run; a lease lets one of them work.
type Eraser struct {
	cfg   Config
	bus   *bus.Bus
	store *store.Store
	log   *slog.Logger

	retainedAt time.Time // when the rules of retention were applied last
}

// New prepares an eraser; the store must be of the role that erases.
func New(cfg Config, b *bus.Bus, s *store.Store, log *slog.Logger) *Eraser {
	return &Eraser{cfg: cfg, bus: b, store: s, log: log}
}

// Run erases what is due, again and again, until ctx ends.
func (e *Eraser) Run(ctx context.Context) error {
	rules, err := retention.Read(e.cfg.Retention.Rules)
	if err != nil {
		return err
	}
	for wait := time.Duration(0); app.Sleep(ctx, wait); wait = app.Jitter(e.cfg.Interval, 0.1) {
		e.round(ctx, rules)
	}
	return nil
}

// round erases unless another eraser does. What fails is tried again in the next round.
func (e *Eraser) round(ctx context.Context, rules retention.Rules) {
	lease, err := e.bus.Lease(ctx, eraseLease)
	if _, held := errors.AsType[*bus.HeldError](err); held {
		return
	}
	if err == nil {
		if _, err = e.Once(ctx); err == nil {
			err = e.retain(ctx, rules)
		}
		lease.Release()
	}
	switch {
	case err == nil:
		lookedAt.SetToCurrentTime()
	case ctx.Err() == nil:
		e.log.Warn("Erasing was interrupted; trying again later", app.Err, err)
	}
}

// Done says what a run removed.
type Done struct {
	Tombstones, Events, Sightings, Quarantined int
	Messages                                   int // on the bus
}

// Once erases whatever is due and returns when nothing is.
func (e *Eraser) Once(ctx context.Context) (done Done, err error) {
	for {
		due, err := e.store.Due(ctx)
		if err != nil || len(due) == 0 {
			return done, err
		}
		var gone []reached
		for _, reach := range due {
			rows, err := e.store.Erase(ctx, reach)
			if err != nil {
				return done, err
			}
			gone = append(gone, reached{reach, rows})
			done.add(rows)
		}
		if !app.Sleep(ctx, factsLag) {
			return done, ctx.Err()
		}
		for _, one := range gone {
			messages, err := e.purge(ctx, one)
			done.Messages += messages
			if err != nil {
				return done, err
			}
			if err := e.store.Settle(ctx, one.Reach); err != nil {
				return done, err
			}
			done.Tombstones++
			settled.Inc()
		}
		e.log.Info("What was to be removed was removed", app.Batch, len(gone))
	}
}

func (d *Done) add(rows store.Erased) {
	d.Events, d.Sightings, d.Quarantined = d.Events+rows.Events, d.Sightings+rows.Sightings, d.Quarantined+rows.Quarantined
	for from, n := range map[string]int{"event": rows.Events, "sighting": rows.Sightings, "quarantine": rows.Quarantined} {
		erased.WithLabelValues(from).Add(float64(n))
	}
}
