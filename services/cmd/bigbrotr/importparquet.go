package main

import (
	"context"
	"errors"
	"io/fs"
	"os/signal"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/services/importer"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
)

type importParquetVerb struct {
	Dir string `arg:"" help:"Directory with a manifest.json."`
	importFlags
	Coverage bool `help:"Also what is proven of relays, which are not asked for it again then. Only for a dump that you made."`
}

// Run compares the files with their manifest, then hands over what they hold.
func (v *importParquetVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	tables, err := importer.OpenTables(v.Dir)
	switch {
	case errors.Is(err, dump.ErrMismatch):
		return exit(mismatch, err)
	case errors.Is(err, fs.ErrNotExist):
		return exit(notFound, err)
	case err != nil:
		return err
	}
	tables.Coverage = v.Coverage
	return onBus(ctx, e, func(b *bus.Bus) error { return v.run(ctx, e, b, tables, v.Dir) })
}
