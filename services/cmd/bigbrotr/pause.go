package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

type pauseVerb struct {
	Services []string `arg:"" optional:"" name:"services" help:"Services to pause (${dialling}); all of them without a name." enum:"${dialling}"`
	Output   string   `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run has every process that runs the services stop dialling, within five seconds.
func (v *pauseVerb) Run(ctx context.Context, e *env) error {
	return turn(ctx, e, v.Output, v.Services, budget.Pause)
}

// turn turns the switch for services, all without a name, and prints what is paused then.
func turn(ctx context.Context, e *env, output string, services []string,
	to func(context.Context, *bus.Bus, []string) (budget.Pauses, error)) error {
	if len(services) == 0 {
		services = budget.Services
	}
	return onBus(ctx, e, func(b *bus.Bus) error {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		now, err := to(ctx, b, services)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr doctor", err))
		}
		return printPauses(e, output, now)
	})
}

func printPauses(e *env, output string, now budget.Pauses) error {
	if output == "json" {
		return e.writeJSON(map[string]budget.Pauses{"paused": now})
	}
	lines := []string{"SERVICE\tPAUSED SINCE"}
	for _, name := range budget.Services {
		since := "–"
		if at, paused := now[name]; paused {
			since = instant(at)
		}
		lines = append(lines, name+"\t"+since)
	}
	return columns(e.stdout, lines...)
}

// pauseFinding tells what does not dial because somebody said so.
func pauseFinding(ctx context.Context, b *bus.Bus) finding {
	now, err := budget.Paused(ctx, b)
	if err != nil {
		return finding{"pause", broken, err.Error(), "bigbrotr streams apply"}
	}
	if len(now) == 0 {
		return finding{"pause", fine, "nothing is paused", ""}
	}
	names := slices.Sorted(maps.Keys(now))
	first := slices.SortedFunc(maps.Values(now), time.Time.Compare)[0]
	return finding{"pause", doubtful, strings.Join(names, ", ") + ": paused since " + instant(first), "bigbrotr resume"}
}
