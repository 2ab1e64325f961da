package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type retentionVerb struct {
	Plan  retentionPlanVerb  `cmd:"" help:"Count what each rule would remove; removes nothing."`
	Apply retentionApplyVerb `cmd:"" help:"Remove what the rules match, ten thousand events a transaction."`
}

// retentionTimeout bounds one statement about a window of events.
const retentionTimeout = 10 * time.Minute

// retained is what became of a rule.
type retained struct {
	Rule   string `json:"rule"`
	Events int64  `json:"events"`
	Bytes  int64  `json:"bytes,omitempty"` // of their rows, without indexes
}

// onRules runs do for each rule and prints what it says.
func onRules(ctx context.Context, e *env, output string, eraser bool, do func(*store.Store, retention.Rule) (retained, error)) error {
	cfg, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	rules, err := retention.Read(cfg.Retention.Rules)
	if err == nil && len(rules) == 0 {
		err = errors.New("there are no rules: RETENTION_RULES names no file with any; everything is kept")
	}
	if err != nil {
		return exit(usage, err)
	}
	url := p.Reader
	if eraser {
		url = p.Eraser
	}
	s, err := dialStoreFor(ctx, url, retentionTimeout)
	if err != nil {
		return err
	}
	defer s.Close()
	lines := []string{"RULE\tEVENTS\tBYTES"}
	for _, rule := range rules {
		one, err := do(s, rule)
		if err != nil {
			return exit(unreachable, err)
		}
		if output == "json" {
			if err := e.writeJSON(one); err != nil {
				return err
			}
		}
		lines = append(lines, fmt.Sprintf("%s\t%d\t%d", app.Quote(one.Rule), one.Events, one.Bytes))
	}
	if output == "json" {
		return nil
	}
	return columns(e.stdout, lines...)
}

type retentionPlanVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run counts.
func (v *retentionPlanVerb) Run(ctx context.Context, e *env) error {
	return onRules(ctx, e, v.Output, false, func(s *store.Store, rule retention.Rule) (retained, error) {
		reach, err := s.PlanRetention(ctx, rule, time.Now())
		return retained{rule.Name, reach.Events, reach.Bytes}, err
	})
}

type retentionApplyVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run removes.
func (v *retentionApplyVerb) Run(ctx context.Context, e *env) error {
	return onRules(ctx, e, v.Output, true, func(s *store.Store, rule retention.Rule) (retained, error) {
		one := retained{Rule: rule.Name}
		err := s.ApplyRetention(ctx, rule, time.Now(), func(gone store.Erased) {
			one.Events += int64(gone.Events)
			fmt.Fprintf(e.stderr, "%s: removed %d events\n", app.Quote(rule.Name), one.Events)
		})
		return one, err
	})
}
