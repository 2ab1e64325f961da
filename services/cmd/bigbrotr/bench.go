package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/bigbrotr/bigbrotr-go/services/benchmark"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

type benchVerb struct {
	Ingest benchIngestVerb `cmd:"" help:"From a relay's socket to committed rows, in events a second."`
	Relay  benchRelayVerb  `cmd:"" hidden:""`
	NATS   benchNATSVerb   `cmd:"" name:"nats" hidden:""`
}

type benchIngestVerb struct {
	Events int    `help:"Events of the relay." default:"25000"`
	Seed   uint64 `help:"Seed of the events; the same seed gives the same ids." default:"1"`
	Dir    string `help:"Directory for the data, on the disk that is to be measured; empty = that of temporary files." placeholder:"DIR"`
	Output string `short:"o" help:"Form of the report: table or json." enum:"table,json" default:"table"`
}

// Run measures on servers of its own, and removes everything at the end.
func (v *benchIngestVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if v.Events < 1 {
		return exit(usage, fmt.Errorf("read --events: got %d, want at least 1", v.Events))
	}
	cfg := benchmark.Config{Binary: binary, Dir: v.Dir, Events: v.Events, Seed: v.Seed, Environ: e.environ, Progress: e.stderr}
	report, err := benchmark.Ingest(ctx, cfg, app.NewLogger("warn", "text", e.stderr, isTerminal(e.stderr)))
	if ctx.Err() != nil {
		return exit(app.Interrupted, ctx.Err())
	}
	if err != nil {
		return err
	}
	if v.Output == "json" {
		return e.writeJSON(report)
	}
	return report.Table(e.stdout)
}

type benchRelayVerb struct {
	IDs    string `arg:"" name:"ids"`
	Events int    `default:"25000"`
	Seed   uint64 `default:"1"`
}

// Run is the relay of the benchmark.
func (v *benchRelayVerb) Run(_ context.Context, e *env) error {
	return benchmark.ServeRelay(v.Events, v.Seed, v.IDs, e.stdin, e.stdout)
}

type benchNATSVerb struct {
	Dir string `arg:""`
}

// Run is the NATS server of the benchmark.
func (v *benchNATSVerb) Run(ctx context.Context, e *env) error {
	return benchmark.ServeNATS(ctx, v.Dir, e.stdin, e.stdout, app.NewLogger("warn", "text", e.stderr, false))
}
