package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/retention"
)

const (
	// retainWindow is how many event numbers one statement looks at, whatever the rule matches in them.
	retainWindow = 200_000
	// retainEvents is how many events one transaction removes. No writer works beside it.
	retainEvents = 10_000
)

// RuleReach is what a rule of retention matches.
type RuleReach struct {
	Events int64
	Bytes  int64 // of their rows, without indexes
}

// PlanRetention counts what a rule would remove.
func (s *Store) PlanRetention(ctx context.Context, rule retention.Rule, now time.Time) (reach RuleReach, err error) {
	err = s.windows(ctx, func(from, to int64) error {
		return s.read(ctx, func(tx pgx.Tx) error {
			var one RuleReach
			err := query(ctx, tx, "retention_reach", []any{&one.Events, &one.Bytes}, func() {}, ruleArgs(rule, now, from, to)...)
			if err == nil {
				reach.Events, reach.Bytes = reach.Events+one.Events, reach.Bytes+one.Bytes
			}
			return err
		})
	})
	if err != nil {
		return reach, fmt.Errorf("count what %.100q matches: %w", rule.Name, err)
	}
	return reach, nil
}

// ApplyRetention removes what a rule matches, some at a time, and tells progress of each commit. Interrupted, it goes on the
// next time. Needs the role that erases.
func (s *Store) ApplyRetention(ctx context.Context, rule retention.Rule, now time.Time, progress func(Erased)) error {
	err := s.windows(ctx, func(from, to int64) error {
		for n := retainEvents; n == retainEvents; {
			var gone Erased
			err := s.transact(ctx, pgx.TxOptions{}, "begin_erase", func(tx pgx.Tx) (err error) {
				a := &apply{tx: tx}
				gone = Erased{}
				var nos []int64
				var no int64
				err = a.query(ctx, "retention_matches", []any{&no}, func() { nos = append(nos, no) },
					append(ruleArgs(rule, now, from, to), retainEvents)...)
				if err != nil {
					return err
				}
				n = len(nos)
				return a.erase(ctx, nos, &gone)
			})
			if err != nil {
				return err
			}
			progress(gone)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove what %.100q matches: %w", rule.Name, err)
	}
	return nil
}

// windows divides the numbers of events.
func (s *Store) windows(ctx context.Context, each func(from, to int64) error) error {
	last, err := s.LastEvent(ctx)
	for from := int64(0); err == nil && from < last; from += retainWindow {
		err = each(from, from+retainWindow)
	}
	return err
}

func ruleArgs(rule retention.Rule, now time.Time, from, to int64) []any {
	low, high := make([]int32, len(rule.Kinds)), make([]int32, len(rule.Kinds))
	for i, k := range rule.Kinds {
		low[i], high[i] = int32(k.From), int32(k.To)
	}
	authors := make([][]byte, len(rule.Authors))
	for i := range rule.Authors {
		authors[i] = rule.Authors[i][:]
	}
	var before *int64
	if rule.OlderThan > 0 {
		at := rule.Before(now)
		before = &at
	}
	return []any{pgx.QueryExecModeCacheDescribe, from, to, low, high, authors, before, append([]string{}, rule.Relays...)}
}
