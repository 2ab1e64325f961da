package initializer

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Initializer makes the system ready.
type Initializer struct {
	cfg    Config
	parser relay.Parser
	bus    *bus.Bus
	store  *store.Store
	log    *slog.Logger
}

// New takes a store that may not be connected yet: its database may have no schema.
func New(cfg Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Initializer {
	return &Initializer{cfg: cfg, parser: relay.NewDialer(options).Parser(), bus: b, store: s, log: log}
}

// Run takes every step once and returns. It waits for a database or a broker that is not there yet until ctx ends.
func (i *Initializer) Run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{i.migrate, i.apply, i.optOuts, i.seed, i.reconcile} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (i *Initializer) migrate(ctx context.Context) error {
	applied, err := store.Migrate(ctx, i.cfg.OwnerURL.Reveal(), i.log)
	if err != nil {
		return err
	}
	if err := i.store.Connect(ctx); err != nil {
		return err
	}
	if err := i.store.VerifySchema(ctx); err != nil {
		return err
	}
	i.log.Info("The schema was brought up to date", app.New, applied)
	return nil
}

func (i *Initializer) apply(ctx context.Context) error {
	changes, err := i.bus.Apply(ctx, i.cfg.Bounds)
	for _, change := range changes {
		i.log.Info("A stream was compared with its declaration", app.Text, change)
	}
	if err != nil {
		return fmt.Errorf("prepare the streams: %w", err)
	}
	return nil
}

// optOuts come before the first relay is found.
func (i *Initializer) optOuts(ctx context.Context) error {
	return budget.Reconcile(ctx, i.bus, i.store)
}

func (i *Initializer) reconcile(ctx context.Context) error {
	_, err := balls.Reconcile(ctx, i.bus, i.store, balls.Jobs(i.cfg.Vantage), i.log)
	return err
}
