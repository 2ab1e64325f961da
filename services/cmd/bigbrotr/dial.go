package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// dialTimeout bounds how long a verb waits for NATS or Postgres; services wait for ever.
const dialTimeout = 5 * time.Second

// rebuildTimeout bounds one statement of a rebuild, which reads the whole archive.
const rebuildTimeout = 24 * time.Hour

// quiet is the logger of the verbs: what goes wrong is returned.
var quiet = slog.New(slog.DiscardHandler)

// places returns the settings and where the outside systems are that a verb needs.
func (e *env) places(nats, postgres bool) (standalone.Config, standalone.Places, error) {
	cfg, err := e.config()
	if err != nil {
		return cfg, standalone.Places{}, err
	}
	p, err := standalone.Find(cfg)
	if err == nil {
		err = p.Lacks(nats, postgres)
	}
	return cfg, p, err
}

// dialBus connects to NATS; the caller closes it.
func dialBus(ctx context.Context, cfg standalone.Config, p standalone.Places) (*bus.Bus, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	b, err := bus.Connect(ctx, bus.Config{URL: p.NATS, Creds: cfg.NATS.Creds, InboxPrefix: cfg.NATS.InboxPrefix,
		Name: "bigbrotr-cli"}, quiet)
	if err != nil {
		return nil, exit(unreachable, fmt.Errorf("%w; see: bigbrotr doctor", err))
	}
	return b, nil
}

// dialStore connects to Postgres as the role of the URL; the caller closes it.
func dialStore(ctx context.Context, url string) (*store.Store, error) {
	return dialStoreFor(ctx, url, 30*time.Second)
}

// dialStoreFor is dialStore for statements that may take longer.
func dialStoreFor(ctx context.Context, url string, timeout time.Duration) (*store.Store, error) {
	s, err := store.Open(store.Config{URL: url, Service: "cli", MaxConns: 2, StatementTimeout: timeout}, quiet)
	if err != nil {
		return nil, exit(usage, err)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Close()
		return nil, exit(unreachable, fmt.Errorf("%w; see: bigbrotr doctor", err))
	}
	return s, nil
}

// dialBoth connects to both; the returned function closes them.
func dialBoth(ctx context.Context, e *env) (*bus.Bus, *store.Store, func(), error) {
	cfg, p, err := e.places(true, true)
	if err != nil {
		return nil, nil, nil, err
	}
	b, err := dialBus(ctx, cfg, p)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := dialStore(ctx, p.Reader)
	if err != nil {
		b.Close()
		return nil, nil, nil, err
	}
	return b, s, func() { s.Close(); b.Close() }, nil
}

// onBus runs do on a connection to NATS.
func onBus(ctx context.Context, e *env, do func(*bus.Bus) error) error {
	cfg, p, err := e.places(true, false)
	if err != nil {
		return err
	}
	b, err := dialBus(ctx, cfg, p)
	if err != nil {
		return err
	}
	defer b.Close()
	return do(b)
}

// onStore runs do on a connection to Postgres.
func onStore(ctx context.Context, e *env, do func(*store.Store) error) error {
	_, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	s, err := dialStore(ctx, p.Reader)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}
