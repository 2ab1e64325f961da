package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/services/benchmark"
)

type benchWriteVerb struct {
	benchFlags
	Sample   int               `help:"Events that are written into the empty archive, each from 5 relays, before sizes are read." default:"20000"`
	Prefill  int               `help:"Events that are in the archive before the clock starts; copied, not written." default:"200000"`
	Events   int               `help:"New events that are timed, half of them against the original." default:"40000"`
	Batch    int               `help:"Events of one transaction." default:"5000"`
	Hostile  bool              `help:"Measure with hostile events in each batch as well."`
	Readers  int               `help:"Measure with so many readers as well, each of whom asks twice a second." default:"0"`
	Counting bool              `help:"Measure what the counters cost a writer as well."`
	Alone    bool              `help:"Leave the original out."`
	Beside   bool              `help:"Measure beside an archive that is almost empty as well."`
	Data     string            `help:"Directory whose Postgres is used and kept, made if it is missing; with --alone." placeholder:"DIR"`
	Set      map[string]string `help:"Setting of Postgres over those of the embedded server." placeholder:"NAME=VALUE"`
	Queries  string            `help:"File (Markdown) for the plans of what readers ask of the filled archive; none may take longer than 50 ms, a bounded scan 2 s." placeholder:"FILE"`
	Corpus   string            `help:"File of events (JSONL) that are stored and measured as well." placeholder:"FILE"`
}

// Run measures on a Postgres of its own, and removes everything at the end.
func (v *benchWriteVerb) Run(ctx context.Context, e *env) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	if v.Sample < 1 || v.Events < 2 || v.Batch < 2 || v.Prefill < 0 || v.Readers < 0 {
		return exit(usage, errBenchSize)
	}
	if v.Data != "" && !v.Alone {
		return exit(usage, errKeptOriginal)
	}
	cfg.Events = v.Events
	write := benchmark.WriteConfig{Config: cfg, Sample: v.Sample, Prefill: v.Prefill, Batch: v.Batch, Hostile: v.Hostile, Readers: v.Readers, Counting: v.Counting, Alone: v.Alone,
		Beside: v.Beside, Data: v.Data, Postgres: v.Set, Corpus: v.Corpus, Queries: v.Queries}
	var slow []string
	err = measure(ctx, e, func(ctx context.Context, log *slog.Logger) (benchmark.WriteReport, error) {
		report, err := benchmark.Write(ctx, write, log)
		slow = report.SlowQueries
		return report, err
	})
	if err == nil && len(slow) > 0 {
		err = fmt.Errorf("answer within 50 ms, bounded scans within 2 s: %d questions took longer: %s", len(slow), strings.Join(slow, ", "))
	}
	return err
}
