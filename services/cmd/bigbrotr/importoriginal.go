package main

import (
	"context"
	"net/netip"
	"os/signal"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/services/importer"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type importOriginalVerb struct {
	URL string `arg:"" name:"url" help:"Its Postgres, postgres://user@host/database; PGPASSWORD is honoured. It is only read."`
	importFlags
}

// Run reads relays, events and who served them out of the database of the original.
func (v *importOriginalVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	original, err := store.OpenOriginal(v.URL, quiet)
	if err != nil {
		return exit(usage, err)
	}
	defer original.Close()
	rows, err := original.Size(ctx)
	if err != nil {
		return exit(unreachable, err)
	}
	source := &importer.Original{Store: original, Rows: rows,
		Parser: relay.Parser{Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}}
	return onBus(ctx, e, func(b *bus.Bus) error { return v.run(ctx, e, b, source, original.Name()) })
}
