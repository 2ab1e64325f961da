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
	s, err := dialStore(ctx, p.Owner) // says so at once where the migration would wait
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
