package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type optoutVerb struct {
	Add    optoutAddVerb    `cmd:"" help:"Leave relays alone from now on."`
	Ls     optoutLsVerb     `cmd:"" help:"List who is left alone."`
	Remove optoutRemoveVerb `cmd:"" help:"Ask them again."`
}

// optOut is the public form of an opt-out.
type optOut struct {
	Pattern string     `json:"pattern"`
	Reason  string     `json:"reason"`
	AddedAt *time.Time `json:"added_at"`
}

// optChange is what became of a pattern that was to be added or removed.
type optChange struct {
	Pattern string `json:"pattern"`
	Verdict string `json:"verdict"` // added, known, removed or missing
}

// print writes the change as a line of the form.
func (c optChange) print(e *env, form string) error {
	if form == "json" {
		return e.writeJSON(c)
	}
	_, err := fmt.Fprintf(e.stdout, "%s\t%s\n", c.Verdict, c.Pattern)
	return err
}

// parsePatterns reads all patterns before anything is changed.
func parsePatterns(texts []string) ([]string, error) {
	patterns := make([]string, len(texts))
	for i, text := range texts {
		pattern, err := budget.OptOut(text)
		if err != nil {
			return nil, exit(usage, err)
		}
		patterns[i] = pattern
	}
	return patterns, nil
}

// onOptOuts runs do as the role that writes, and then brings the copy on the bus up to date. Postgres comes first: what
// is there reaches the bus within ten minutes in any case.
func onOptOuts(ctx context.Context, e *env, do func(*store.Store) error) error {
	cfg, p, err := e.places(true, true)
	if err != nil {
		return err
	}
	s, err := dialStore(ctx, p.Writer)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := do(s); err != nil {
		return err
	}
	b, err := dialBus(ctx, cfg, p)
	if err == nil {
		defer b.Close()
		err = republish(ctx, b, s)
	}
	if err != nil {
		return exit(partial, fmt.Errorf("it is stored and holds within ten minutes of NATS being back: %w; see: bigbrotr doctor", err))
	}
	return nil
}

func republish(ctx context.Context, b *bus.Bus, s *store.Store) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return budget.Reconcile(ctx, b, s)
}

type optoutAddVerb struct {
	Patterns []string `arg:"" help:"A relay URL (wss://…), a host, or a registrable domain with everything below it."`
	Reason   string   `help:"Why, such as who asked for it."`
	Output   string   `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run enters patterns.
func (v *optoutAddVerb) Run(ctx context.Context, e *env) error {
	patterns, err := parsePatterns(v.Patterns)
	if err != nil {
		return err
	}
	return onOptOuts(ctx, e, func(s *store.Store) error {
		list, err := s.OptOuts(ctx)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		if err := budget.CheckOptOuts(append(budget.Patterns(list), patterns...)); err != nil {
			return fmt.Errorf("%w; name domains instead of their hosts: bigbrotr optout ls", err)
		}
		for _, pattern := range patterns {
			added, err := s.AddOptOut(ctx, pattern, v.Reason)
			if err != nil {
				return err
			}
			verdict := map[bool]string{true: "added", false: "known"}[added]
			if err := (optChange{pattern, verdict}).print(e, v.Output); err != nil {
				return err
			}
		}
		return nil
	})
}

type optoutRemoveVerb struct {
	Patterns []string `arg:"" help:"Patterns, as ls prints them."`
	Output   string   `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run takes patterns away.
func (v *optoutRemoveVerb) Run(ctx context.Context, e *env) error {
	patterns, err := parsePatterns(v.Patterns)
	if err != nil {
		return err
	}
	missing := ""
	err = onOptOuts(ctx, e, func(s *store.Store) error {
		for _, pattern := range patterns {
			removed, err := s.RemoveOptOut(ctx, pattern)
			if err != nil {
				return err
			}
			change := optChange{pattern, "removed"}
			if !removed {
				missing, change.Verdict = pattern, "missing"
			}
			if err := change.print(e, v.Output); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && missing != "" {
		return exit(notFound, fmt.Errorf("%s did not opt out; see: bigbrotr optout ls", app.Quote(missing)))
	}
	return err
}

type optoutLsVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run lists opt-outs by their pattern.
func (v *optoutLsVerb) Run(ctx context.Context, e *env) error {
	return onStore(ctx, e, func(s *store.Store) error {
		list, err := s.OptOuts(ctx)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		lines := []string{"PATTERN\tADDED\tREASON"}
		for _, o := range list {
			if v.Output == "json" {
				if err := e.writeJSON(optOut{o.Pattern, o.Reason, view.Time(o.AddedAt)}); err != nil {
					return err
				}
				continue
			}
			lines = append(lines, o.Pattern+"\t"+instant(o.AddedAt)+"\t"+app.Quote(o.Reason))
		}
		if v.Output == "json" {
			return nil
		}
		return columns(e.stdout, lines...)
	})
}
