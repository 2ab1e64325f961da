package main

import (
	"context"
	"fmt"
	"maps"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

type statusVerb struct {
	Watch    bool          `short:"w" help:"Look again and again until a signal comes."`
	Interval time.Duration `default:"2s" help:"Time between two looks."`
	Output   string        `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// statusCodes are the exit codes of this verb, as monitoring systems expect them.
var statusCodes = map[standalone.Verdict]int{standalone.OK: 0, standalone.Warning: 1, standalone.Critical: 2}

// Run looks twice, so that there are rates, and with --watch until it is told to stop.
func (v *statusVerb) Run(ctx context.Context, e *env) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	b, s, end, err := dialBoth(ctx, e)
	if err != nil {
		return err
	}
	defer end()
	before, err := standalone.Look(ctx, b, s)
	for err == nil {
		wait := time.Second
		if v.Watch {
			wait = v.Interval
		}
		if !app.Sleep(ctx, wait) {
			return exit(app.Interrupted, nil)
		}
		var now standalone.Status
		if now, err = standalone.Look(ctx, b, s); err != nil {
			break
		}
		now.Since(before)
		before = now
		if err := v.print(e, now); err != nil {
			return err
		}
		if !v.Watch {
			return exitOf(now.Verdict)
		}
	}
	if ctx.Err() != nil {
		return exit(app.Interrupted, nil)
	}
	return exit(unreachable, fmt.Errorf("look at the system: %w; see: bigbrotr doctor", err))
}

func exitOf(v standalone.Verdict) error {
	if code := statusCodes[v]; code != 0 {
		return exit(code, nil)
	}
	return nil
}

func (v *statusVerb) print(e *env, s standalone.Status) error {
	if v.Output == "json" {
		return e.writeJSON(s)
	}
	if v.Watch && isTerminal(e.stdout) {
		fmt.Fprint(e.stdout, "\x1b[H\x1b[2J")
	}
	colours := map[standalone.Verdict]string{standalone.OK: green, standalone.Warning: yellow, standalone.Critical: red}
	fmt.Fprintf(e.stdout, "%s  %s\n", instant(s.At), e.colour(colours[s.Verdict], string(s.Verdict)))
	for _, problem := range s.Problems {
		fmt.Fprintf(e.stdout, "  %s\n", problem)
	}
	fmt.Fprintln(e.stdout)
	return columns(e.stdout, slices.Concat(archiveLines(s.Archive), streamLines(s), consumerLines(s), upkeepLines(s))...)
}

func archiveLines(a standalone.Archive) []string {
	lines := []string{
		fmt.Sprintf("events\t%s%d", about(a.EventsExact), a.Events),
		fmt.Sprintf("sightings\t%s%d", about(a.SightingsExact), a.Sightings),
		fmt.Sprintf("candidates\t%d, of them %d given up", a.Candidates, a.GivenUp),
		fmt.Sprintf("quarantined\t%d", a.Quarantined),
	}
	for _, network := range slices.Sorted(maps.Keys(a.Relays)) {
		for _, state := range slices.Sorted(maps.Keys(a.Relays[network])) {
			lines = append(lines, fmt.Sprintf("relays %s %s\t%d", network, state, a.Relays[network][state]))
		}
	}
	return append(lines, "")
}

func about(exact bool) string {
	if exact {
		return ""
	}
	return "about "
}

func streamLines(s standalone.Status) []string {
	stages := map[string]standalone.Stage{}
	for _, stage := range s.Stages {
		stages[stage.Name] = stage
	}
	lines := []string{"STREAM\tMESSAGES\tBYTES\tOLDEST\tIN/S"}
	for _, stream := range s.Streams {
		oldest, rate := "", ""
		if stage, is := stages[stream.Name]; is {
			oldest = (time.Duration(stage.OldestAgeSeconds) * time.Second).String()
			rate = fmt.Sprintf("%.1f", stage.PerSecond)
		}
		lines = append(lines, fmt.Sprintf("%s\t%d\t%d\t%s\t%s", stream.Name, stream.Messages, stream.Bytes, oldest, rate))
	}
	return append(lines, "")
}

// consumerLines leaves out idle consumers that nobody reads from, such as those of networks that are off.
func consumerLines(s standalone.Status) []string {
	lines := []string{"CONSUMER\tWAITING\tIN WORK\tREADERS"}
	for _, c := range s.Consumers {
		if c.Pending+uint64(c.AckPending)+uint64(c.Waiting) > 0 {
			lines = append(lines, fmt.Sprintf("%s\t%d\t%d\t%d", c.Name, c.Pending, c.AckPending, c.Waiting))
		}
	}
	return lines
}

// upkeepLines says when each job of the refresher last ended well.
func upkeepLines(s standalone.Status) []string {
	if len(s.Upkeep) == 0 {
		return nil
	}
	lines := []string{"", "UPKEEP\tLAST SUCCESS\tTOOK\tROWS"}
	for _, u := range s.Upkeep {
		last := "never"
		if u.SucceededAt != nil {
			last = instant(*u.SucceededAt)
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%d ms\t%d", u.Job, last, u.TookMillis, u.Rows))
	}
	return lines
}
