package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/services/importer"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
)

type importVerb struct {
	JSONL    importJSONLVerb    `cmd:"" name:"jsonl" help:"Bring in events from files of one event a line."`
	Parquet  importParquetVerb  `cmd:"" help:"Bring in a directory that export parquet has written."`
	BigBrotr importOriginalVerb `cmd:"" name:"bigbrotr" help:"Bring in relays, events, sightings and past checks from a database of the Python BigBrotr."`
}

// importFlags are those of every import.
type importFlags struct {
	Again  bool   `help:"Begin anew, also with what was imported before."`
	Output string `short:"o" help:"Form of the report: table or json." enum:"table,json" default:"table"`
}

type importJSONLVerb struct {
	Files []string `arg:"" optional:"" help:"Files, plain, gzip or zstd; - = stdin." default:"-"`
	Relay string   `help:"Relay that served these events; without it they are events that nobody was seen to serve."`
	Seen  *moment  `help:"When it served them: RFC 3339, unix, or an age; the file's own time otherwise."`
	importFlags
}

// Run imports one file after the other.
func (v *importJSONLVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	template, err := v.template()
	if err != nil {
		return err
	}
	cfg, err := e.config()
	if err != nil {
		return err
	}
	template.Vantage = cfg.Network.Vantage
	return onBus(ctx, e, func(b *bus.Bus) error {
		var worst error
		for _, name := range v.Files {
			err := v.file(ctx, e, b, template, name)
			if err != nil && ctx.Err() != nil {
				return err
			}
			worst = graver(worst, err)
		}
		return worst
	})
}

// graver is the error that decides the exit code: what failed goes before what is partial.
func graver(old, err error) error {
	if one, ok := errors.AsType[*exitError](err); ok && one.code == partial && old != nil {
		return old
	}
	if err == nil {
		return old
	}
	return err
}

func (v *importJSONLVerb) template() (lines importer.Lines, err error) {
	if v.Relay != "" {
		if lines.Relay, err = canonical(v.Relay); err != nil {
			return lines, err
		}
	}
	if v.Seen != nil {
		lines.SeenAt = v.Seen.Time
	}
	return lines, nil
}

func (v *importJSONLVerb) file(ctx context.Context, e *env, b *bus.Bus, lines importer.Lines, name string) error {
	in, err := dump.Open(name, e.stdin)
	if errors.Is(err, fs.ErrNotExist) {
		return exit(notFound, err)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	lines.Input = in
	if lines.SeenAt.IsZero() {
		lines.SeenAt = in.Changed
	}
	return v.run(ctx, e, b, &lines, name)
}

// run imports a source, says how far it is and what became of it.
func (v *importFlags) run(ctx context.Context, e *env, b *bus.Bus, source importer.Source, name string) error {
	im := importer.New(b, quiet)
	stop := e.follow(name, func() pace { return importPace(im.Progress()) })
	report, err := im.Run(ctx, source, v.Again)
	stop()
	if err != nil && !errors.Is(err, importer.ErrDone) && !errors.Is(err, importer.ErrInterrupted) {
		return fmt.Errorf("import %s: %w", app.Quote(name), err)
	}
	if err := v.print(e, name, report, im.Progress().Events); err != nil {
		return err
	}
	switch {
	case errors.Is(err, importer.ErrDone):
		fmt.Fprintln(e.stderr, "It was imported before; --again imports it once more.")
	case errors.Is(err, importer.ErrInterrupted) && source.Key() != "":
		return exit(app.Interrupted, fmt.Errorf("interrupted after %d lines; the same command goes on from there", report.Lines))
	case errors.Is(err, importer.ErrInterrupted):
		return exit(app.Interrupted, fmt.Errorf("interrupted after %d lines; a pipe begins anew, and what was stored is known then", report.Lines))
	}
	if report.Refusals() > 0 {
		return exit(partial, nil)
	}
	return nil
}

func importPace(p importer.Progress) pace {
	one := pace{Items: p.Events, Bytes: p.Bytes, Taken: p.Taken, Size: p.Size, Took: p.Took, What: "events"}
	if p.Refused > 0 {
		one.More = fmt.Sprintf("%d refused", p.Refused)
	}
	if p.Waiting {
		one.More = "waiting: INGEST is full or away"
	}
	return one
}

// importReport is the report as JSON.
type importReport struct {
	Source string `json:"source"`
	importer.Report
	Seconds         float64 `json:"seconds"`
	EventsPerSecond float64 `json:"events_per_second"`
}

// print writes the report; now is how many events this run handed over.
func (v *importFlags) print(e *env, name string, r importer.Report, now int64) error {
	seconds := max(r.Took.Seconds(), 0.001)
	rate := float64(now) / seconds
	if v.Output == "json" {
		return e.writeJSON(importReport{name, r, seconds, rate})
	}
	fmt.Fprintf(e.stderr, "%s: %d lines, %d events handed to the writer; %d of them in %.1f s now, %.0f/s\n",
		app.Quote(name), r.Lines, r.Events, now, seconds, rate)
	for _, table := range slices.Sorted(maps.Keys(r.Tables)) {
		fmt.Fprintf(e.stderr, "  %d %s\n", r.Tables[table], table)
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		fmt.Fprintf(e.stderr, "  %d not archived: %s\n", r.Skipped[reason], reason)
	}
	for _, reason := range r.Reasons() {
		one := r.Refused[reason]
		places := strings.Trim(fmt.Sprint(one.At), "[]")
		if one.Count > int64(len(one.At)) {
			places += " …"
		}
		fmt.Fprintf(e.stderr, "  %d refused: %s, at %s\n", one.Count, reason, places)
	}
	return nil
}
