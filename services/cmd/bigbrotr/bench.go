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
	Sync     benchSyncVerb     `cmd:"" aliases:"ingest" help:"From a relay's socket to committed rows, in events a second."`
	Write    benchWriteVerb    `cmd:"" help:"How fast the archive takes events and sightings, and how many bytes they take."`
	Live     benchLiveVerb     `cmd:"" help:"From a relay's live event to its row, in seconds, with many relays followed."`
	Scale    benchScaleVerb    `cmd:"" help:"Time to cover many slow relays with 1, 2, 4 and 8 synchronizers."`
	Memory   benchMemoryVerb   `cmd:"" help:"Memory of one synchronizer that follows many relays, over time."`
	Probe    benchProbeVerb    `cmd:"" help:"Rounds of checks of live and dead relays with one monitor."`
	Validate benchValidateVerb `cmd:"" help:"First tries of candidates, most of them dead, by one validator."`
	Relay    benchRelayVerb    `cmd:"" hidden:""`
	NATS     benchNATSVerb     `cmd:"" name:"nats" hidden:""`
	Farm     benchFarmVerb     `cmd:"" hidden:""`
	Dead     benchDeadVerb     `cmd:"" hidden:""`
}

type benchSyncVerb struct {
	Events int    `help:"Events of the relay." default:"60000"`
	Seed   uint64 `help:"Seed of the events; the same seed gives the same ids." default:"1"`
	Dir    string `help:"Directory for the data, on the disk that is to be measured; empty = that of temporary files." placeholder:"DIR"`
	Output string `short:"o" help:"Form of the report: table, json, or auto: a table on a terminal and json elsewhere." enum:"auto,table,json" default:"auto"`
}

// Run measures on servers of its own, and removes everything at the end.
func (v *benchSyncVerb) Run(ctx context.Context, e *env) error {
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
	report, err := benchmark.Sync(ctx, cfg, app.NewLogger("warn", "text", e.stderr, isTerminal(e.stderr)))
	if ctx.Err() != nil {
		return exit(app.Interrupted, ctx.Err())
	}
	if err != nil {
		return err
	}
	if v.Output == "table" || v.Output == "auto" && isTerminal(e.stdout) {
		return report.Table(e.stdout)
	}
	return e.writeJSON(report)
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
