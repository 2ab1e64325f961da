package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
)

type rebuildVerb struct {
	Analytics rebuildAnalyticsVerb `cmd:"" help:"Count all events and sightings again, in place of the counters; services go on meanwhile."`
}

type rebuildAnalyticsVerb struct{}

// Run counts in one transaction: readers see the old counters until the new ones are there.
func (v *rebuildAnalyticsVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	_, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	s, err := dialStoreFor(ctx, p.Refresher, rebuildTimeout)
	if err != nil {
		return err
	}
	defer s.Close()
	done, err := s.RebuildAnalytics(ctx)
	if err != nil {
		return err
	}
	if _, err := s.MergeNetworks(ctx); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "counted %d events and %d sightings\n", done.Events, done.Sightings)
	return nil
}
