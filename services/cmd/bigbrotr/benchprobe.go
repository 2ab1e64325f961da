package main

import (
	"context"
	"log/slog"

	"github.com/bigbrotr/bigbrotr-go/services/benchmark"
)

type benchProbeVerb struct {
	benchFlags
	Live    int  `help:"Relays that answer." default:"100"`
	Dead    int  `help:"Addresses that refuse, hang, have a bad certificate or speak no Nostr, a quarter each." default:"900"`
	Rounds  int  `help:"Rounds of checks of them all." default:"1"`
	Unknown bool `help:"The dead are relays that nobody ever checked, instead of such that failed yesterday."`
}

// Run measures on servers of its own, and removes everything at the end.
func (v *benchProbeVerb) Run(ctx context.Context, e *env) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	if v.Live < 1 || v.Dead < 0 || v.Rounds < 1 {
		return exit(usage, errBenchSize)
	}
	probe := benchmark.ProbeConfig{Config: cfg, Live: v.Live, Dead: v.Dead, Rounds: v.Rounds, Unknown: v.Unknown}
	return measure(ctx, e, func(ctx context.Context, log *slog.Logger) (benchmark.ProbeReport, error) {
		return benchmark.Probe(ctx, probe, log)
	})
}

type benchValidateVerb struct {
	benchFlags
	Candidates int     `help:"Addresses that were found." default:"2000"`
	DeadShare  float64 `help:"Share of them that refuse, hang, have a bad certificate or speak no Nostr, a quarter each." default:"0.7"`
}

// Run measures on servers of its own, and removes everything at the end.
func (v *benchValidateVerb) Run(ctx context.Context, e *env) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	if v.Candidates < 2 || v.DeadShare < 0 || v.DeadShare >= 1 {
		return exit(usage, errBenchSize)
	}
	validate := benchmark.ValidateConfig{Config: cfg, Candidates: v.Candidates, DeadShare: v.DeadShare}
	return measure(ctx, e, func(ctx context.Context, log *slog.Logger) (benchmark.ValidateReport, error) {
		return benchmark.Validate(ctx, validate, log)
	})
}

type benchDeadVerb struct {
	File      string `arg:""`
	Addresses int
}

// Run is the addresses of a benchmark that are no relays.
func (v *benchDeadVerb) Run(_ context.Context, e *env) error {
	return benchmark.ServeDead(v.Addresses, v.File, e.stdin, e.stdout)
}
