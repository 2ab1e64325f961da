package main

import (
	"context"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type migrateVerb struct{}

// Run brings the schema up to date, as the initializer does.
func (v *migrateVerb) Run(ctx context.Context, e *env) error {
	_, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	s, err := dialOwner(ctx, p.Owner)
	if err != nil {
		return err
	}
	s.Close()
	applied, err := store.Migrate(ctx, p.Owner, quiet)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%d migrations were applied\n", applied)
	return err
}

// dialOwner says whether the owner can connect, before the migration tries.
func dialOwner(ctx context.Context, url string) (*store.Store, error) {
	s, err := store.Open(store.Config{URL: url, Service: "cli", MaxConns: 1}, quiet)
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
