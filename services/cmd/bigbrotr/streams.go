package main

import (
	"context"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

type streamsVerb struct {
	Plan  streamsPlanVerb  `cmd:"" help:"What every stream may take, against the disk."`
	Apply streamsApplyVerb `cmd:"" help:"Create missing streams, consumers and buckets; grow limits; never delete."`
}

type streamsPlanVerb struct{}

// Run prints the declared streams.
func (v *streamsPlanVerb) Run(e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	bounds, err := standalone.Bounds(cfg)
	if err != nil {
		return err
	}
	lines := []string{"STREAM\tBYTES\tAGE\tFORM\tWHAT"}
	for _, s := range subject.Streams(bounds) {
		bytes, age, kind := "unlimited", "unlimited", "kept"
		if s.MaxBytes > 0 {
			bytes = app.Size(s.MaxBytes >> 20 << 20).String()
		}
		if s.MaxAge > 0 {
			age = s.MaxAge.String()
		}
		if s.WorkQueue {
			kind = "work queue"
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", s.Name, bytes, age, kind, s.Description))
	}
	return columns(e.stdout, append(lines, fmt.Sprintf("all\t%s", app.Size(bounds.Total()>>20<<20)))...)
}

type streamsApplyVerb struct{}

// Run creates what is missing, as the initializer does.
func (v *streamsApplyVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	bounds, err := standalone.Bounds(cfg)
	if err != nil {
		return err
	}
	return onBus(ctx, e, func(b *bus.Bus) error {
		changes, err := b.Apply(ctx, bounds)
		for _, change := range changes {
			fmt.Fprintln(e.stdout, change)
		}
		if err == nil && len(changes) == 0 {
			fmt.Fprintln(e.stderr, "Everything is as declared.")
		}
		return err
	})
}
