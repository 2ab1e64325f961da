package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/benchmark"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

// benchFlags are those of every measurement with many relays; their report is JSON.
type benchFlags struct {
	Seed uint64 `help:"Seed of the events." default:"1"`
	Dir  string `help:"Directory for the data, on the disk that is to be measured; empty = that of temporary files." placeholder:"DIR"`

	Output string `short:"o" help:"Form of the report: json." enum:"json" default:"json"`
}

// config is what the flags say.
func (f benchFlags) config(e *env) (benchmark.Config, error) {
	binary, err := os.Executable()
	if err != nil {
		return benchmark.Config{}, fmt.Errorf("find this program: %w", err)
	}
	return benchmark.Config{Binary: binary, Dir: f.Dir, Seed: f.Seed, Environ: e.environ, Progress: e.stderr}, nil
}

// measure runs a measurement until it ends or is interrupted, and prints what it reports.
func measure[Report any](ctx context.Context, e *env, run func(context.Context, *slog.Logger) (Report, error)) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	report, err := run(ctx, app.NewLogger("warn", "text", e.stderr, isTerminal(e.stderr)))
	if ctx.Err() != nil {
		return exit(app.Interrupted, ctx.Err())
	}
	if err != nil {
		return err
	}
	return e.writeJSON(report)
}

// errBenchSize says that there is nothing to measure.
var errBenchSize = errors.New("read flags: sizes, rates and times must be above zero")

// errKeptOriginal says that only our archive can be kept.
var errKeptOriginal = errors.New("read flags: --data keeps our archive only, so it needs --alone")

type benchLiveVerb struct {
	benchFlags
	Relays  int     `help:"Relays that are followed." default:"500"`
	Rate    float64 `help:"New events a second, each on 4 or 5 relays." default:"50"`
	Seconds float64 `help:"How long events are published." default:"30"`
}

// Run measures on servers of its own, and removes everything at the end.
func (v *benchLiveVerb) Run(ctx context.Context, e *env) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	if v.Relays < 1 || v.Rate <= 0 || v.Seconds <= 0 {
		return exit(usage, errBenchSize)
	}
	live := benchmark.LiveConfig{Config: cfg, Relays: v.Relays, Rate: v.Rate, For: seconds(v.Seconds)}
	return measure(ctx, e, func(ctx context.Context, log *slog.Logger) (benchmark.LiveReport, error) {
		return benchmark.Live(ctx, live, log)
	})
}

type benchScaleVerb struct {
	benchFlags
	Relays    int           `help:"Relays that are covered in each round." default:"1000"`
	Processes []int         `help:"Synchronizers of each round." default:"1,2,4,8"`
	Delay     time.Duration `help:"Before each answer of a relay." default:"250ms"`
	Slots     int           `help:"Relays at once, of each synchronizer." default:"16"`
}

// Run measures on servers of its own, and removes everything at the end.
func (v *benchScaleVerb) Run(ctx context.Context, e *env) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	for _, n := range v.Processes {
		if n < 1 || v.Relays < 1 || v.Slots < 1 || v.Delay < 0 {
			return exit(usage, errBenchSize)
		}
	}
	scale := benchmark.ScaleConfig{Config: cfg, Relays: v.Relays, Processes: v.Processes, Delay: v.Delay, Slots: v.Slots}
	return measure(ctx, e, func(ctx context.Context, log *slog.Logger) (benchmark.ScaleReport, error) {
		return benchmark.Scale(ctx, scale, log)
	})
}

type benchMemoryVerb struct {
	benchFlags
	Connections int           `help:"Relays that are followed." default:"2000"`
	Minutes     float64       `help:"How long, from the moment at which all are followed." default:"2"`
	Rate        float64       `help:"New events a second, each on 4 or 5 relays." default:"5"`
	Every       time.Duration `help:"Between two samples." default:"5s"`
	Plot        string        `help:"File for a drawing (SVG)." placeholder:"FILE"`
	Points      string        `help:"File for the samples (CSV)." placeholder:"FILE"`
}

// Run measures on servers of its own, and removes everything at the end but the files that were asked for.
func (v *benchMemoryVerb) Run(ctx context.Context, e *env) error {
	cfg, err := v.config(e)
	if err != nil {
		return err
	}
	if v.Connections < 1 || v.Rate <= 0 || v.Minutes <= 0 || v.Every <= 0 {
		return exit(usage, errBenchSize)
	}
	memory := benchmark.MemoryConfig{Config: cfg, Connections: v.Connections, Rate: v.Rate, For: seconds(v.Minutes * 60),
		Every: v.Every, Plot: v.Plot, Points: v.Points}
	return measure(ctx, e, func(ctx context.Context, log *slog.Logger) (benchmark.MemoryReport, error) {
		return benchmark.Memory(ctx, memory, log)
	})
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

type benchFarmVerb struct {
	File   string `arg:""`
	Relays int
	Events int
	Seed   uint64
	Delay  time.Duration
	Rate   float64
}

// Run is the relays of a benchmark.
func (v *benchFarmVerb) Run(_ context.Context, e *env) error {
	return benchmark.ServeFarm(benchmark.FarmConfig{File: v.File, Relays: v.Relays, Events: v.Events, Seed: v.Seed,
		Delay: v.Delay, Rate: v.Rate}, e.stdin, e.stdout)
}
