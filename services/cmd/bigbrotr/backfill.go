package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/services/finder"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type candidateBackfillVerb struct {
	Again  bool   `help:"Begin with the first event, also after an earlier run."`
	Output string `short:"o" help:"Form of the report: table or json." enum:"table,json" default:"table"`
}

// Run scans the archive for relays, from where the last run stopped.
func (v *candidateBackfillVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, err := e.config()
	if err != nil {
		return err
	}
	options, err := cfg.Network.Options()
	if err != nil {
		return exit(usage, err)
	}
	b, s, done, err := dialBoth(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	return v.scan(ctx, e, relay.NewDialer(options).Parser(), b, s)
}

func (v *candidateBackfillVerb) scan(ctx context.Context, e *env, parser relay.Parser, b *bus.Bus, s *store.Store) error {
	backfill := finder.NewBackfill(parser, b, s, quiet)
	stop := e.follow("archive", func() pace { return backfillPace(backfill.Progress()) })
	report, err := backfill.Run(ctx, v.Again)
	stop()
	if err != nil && !errors.Is(err, finder.ErrInterrupted) {
		return fmt.Errorf("scan the archive after event_no %d: %w", report.EventNo, err)
	}
	if err := v.print(e, report); err != nil {
		return err
	}
	switch {
	case err != nil:
		return exit(app.Interrupted, errors.New("interrupted; the same command without --again goes on from there"))
	case report.LeftOut > 0:
		return exit(partial, fmt.Errorf("%d rows do not give their event back, and were not read", report.LeftOut))
	}
	return nil
}

func backfillPace(p finder.Backfilled) pace {
	one := pace{Items: p.Events, Taken: p.EventNo - p.After, Size: p.LastNo - p.After, Took: p.Took, What: "events"}
	one.More = fmt.Sprintf("%d URLs", total(p.URLs))
	if p.Waiting {
		one.More = "waiting: FOUND is full or away"
	}
	return one
}

func total(urls map[string]int64) (n int64) {
	for _, one := range urls {
		n += one
	}
	return n
}

// backfillReport is the report as JSON.
type backfillReport struct {
	finder.Backfilled
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
}

func (v *candidateBackfillVerb) print(e *env, r finder.Backfilled) error {
	seconds := max(r.Took.Seconds(), 0.001)
	rate := float64(r.Events) / seconds
	if v.Output == "json" {
		return e.writeJSON(backfillReport{r, seconds, rate})
	}
	var sources []string
	for _, source := range slices.Sorted(maps.Keys(r.URLs)) {
		sources = append(sources, fmt.Sprintf(", %s %d", source, r.URLs[source]))
	}
	fmt.Fprintf(e.stderr, "archive: read %d events after event_no %d up to %d in %.1f s, %.0f/s; published %d URLs%s\n", r.Events, r.After,
		r.EventNo, seconds, rate, total(r.URLs), strings.Join(sources, ""))
	return nil
}
