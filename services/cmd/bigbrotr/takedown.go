package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/eraser"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type takedownVerb struct {
	Event  takedownEventVerb  `cmd:"" help:"Remove one event; nothing brings it back."`
	Author takedownAuthorVerb `cmd:"" help:"Remove everything by an author, and whatever comes of him later."`
	Ls     takedownLsVerb     `cmd:"" help:"List who took down what, when and why."`
	Apply  takedownApplyVerb  `cmd:"" help:"Enter again what ls -o json had printed, after a backup was restored."`
}

// takedown is the public form of an act.
type takedown struct {
	Type     string     `json:"type"` // event or author
	ID       string     `json:"id"`
	Reason   string     `json:"reason"`
	By       string     `json:"by"`
	At       *time.Time `json:"at"`
	ErasedAt *time.Time `json:"erased_at"`
}

func takedownOf(t store.Takedown) takedown {
	kind := map[bool]string{true: "author", false: "event"}[t.Author]
	return takedown{kind, hex.EncodeToString(t.Target[:]), t.Reason, t.By, view.Time(t.At), view.Time(t.ErasedAt)}
}

// act reads the public form back.
func (t takedown) act() (store.Takedown, error) {
	out := store.Takedown{Author: t.Type == "author", Reason: t.Reason, By: t.By, At: time.Now()}
	if t.At != nil {
		out.At = *t.At
	}
	var err error
	switch t.Type {
	case "event":
		out.Target, err = event.DecodeID(t.ID)
	case "author":
		out.Target, err = event.DecodePubKey(t.ID)
	default:
		err = errors.New("type is neither event nor author")
	}
	if err == nil && (t.Reason == "" || t.By == "") {
		err = errors.New("reason or by is empty")
	}
	return out, err
}

// takedownWords is how every act is told.
type takedownWords struct {
	Reason string `required:"" help:"Why, for the record."`
	By     string `help:"Who; the user of this process without it."`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

func (w takedownWords) act(e *env, kind, id string) takedown {
	by := cmp.Or(w.By, e.environ["USER"], "operator")
	return takedown{Type: kind, ID: id, Reason: w.Reason, By: by}
}

type takedownEventVerb struct {
	ID string `arg:"" help:"Hex, note or nevent."`
	takedownWords
}

// Run takes an event down.
func (v *takedownEventVerb) Run(ctx context.Context, e *env) error {
	return takeDown(ctx, e, v.Output, v.act(e, "event", v.ID))
}

type takedownAuthorVerb struct {
	ID string `arg:"" help:"Hex, npub or nprofile."`
	takedownWords
}

// Run takes an author down.
func (v *takedownAuthorVerb) Run(ctx context.Context, e *env) error {
	return takeDown(ctx, e, v.Output, v.act(e, "author", v.ID))
}

type takedownApplyVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run enters the acts of stdin.
func (v *takedownApplyVerb) Run(ctx context.Context, e *env) error {
	acts, err := readTakedowns(e.stdin)
	if err != nil {
		return exit(usage, err)
	}
	return takeDown(ctx, e, v.Output, acts...)
}

// maxTakedown bounds a line that apply reads.
const maxTakedown = 16 << 10

func readTakedowns(r io.Reader) (acts []takedown, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTakedown)
	for n := 1; lines.Scan(); n++ {
		var act takedown
		if err := json.Unmarshal(lines.Bytes(), &act); err != nil {
			return nil, fmt.Errorf("read line %d: %w", n, err)
		}
		acts = append(acts, act)
	}
	return acts, lines.Err()
}

// takeDown enters acts, all or none of them, and removes what they name before it returns.
func takeDown(ctx context.Context, e *env, output string, acts ...takedown) error {
	list := make([]store.Takedown, len(acts))
	for i, act := range acts {
		var err error
		if list[i], err = act.act(); err != nil {
			return exit(usage, fmt.Errorf("read takedown %d: %w", i+1, err))
		}
	}
	cfg, p, err := e.places(true, true)
	if err != nil {
		return err
	}
	s, err := dialStore(ctx, p.Eraser)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, act := range list {
		if err := s.EnterTakedown(ctx, act); err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
	}
	b, err := dialBus(ctx, cfg, p)
	if err != nil {
		return exit(partial, fmt.Errorf("it is hidden and kept out from now on; the eraser removes it: %w", err))
	}
	defer b.Close()
	done, err := eraser.New(cfg.Eraser, b, s, quiet).Once(ctx)
	if err != nil {
		return exit(partial, fmt.Errorf("it is hidden and kept out from now on; the eraser removes the rest: %w", err))
	}
	return printErased(e, output, len(list), done)
}

func printErased(e *env, output string, acts int, done eraser.Done) error {
	if output == "json" {
		return e.writeJSON(map[string]int{"entered": acts, "events": done.Events, "sightings": done.Sightings,
			"quarantined": done.Quarantined, "messages": done.Messages})
	}
	_, err := fmt.Fprintf(e.stdout, "removed %d events, %d sightings, %d rows of quarantine and %d messages\n",
		done.Events, done.Sightings, done.Quarantined, done.Messages)
	return err
}

type takedownLsVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run lists acts, the oldest first.
func (v *takedownLsVerb) Run(ctx context.Context, e *env) error {
	return onStore(ctx, e, func(s *store.Store) error {
		list, err := s.Takedowns(ctx)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		lines := []string{"TYPE\tID\tAT\tBY\tREASON\tERASED"}
		for _, one := range list {
			act := takedownOf(one)
			if v.Output == "json" {
				if err := e.writeJSON(act); err != nil {
					return err
				}
				continue
			}
			lines = append(lines, act.Type+"\t"+act.ID+"\t"+instant(one.At)+"\t"+app.Quote(act.By)+"\t"+app.Quote(act.Reason)+"\t"+instant(one.ErasedAt))
		}
		if v.Output == "json" {
			return nil
		}
		return columns(e.stdout, lines...)
	})
}
