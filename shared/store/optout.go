package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxOptOutReason bounds the reason of an opt-out in bytes.
const maxOptOutReason = 1000

// OptOut is a pattern of relays that are left alone.
type OptOut struct {
	Pattern string
	Reason  string
	AddedAt time.Time
}

// AddOptOut enters a pattern; false = it was there, and keeps its reason and time. It needs the role that writes.
func (s *Store) AddOptOut(ctx context.Context, pattern, reason string) (added bool, err error) {
	if added, err = s.changeOptOut(ctx, "add_optout", pattern, short(reason, maxOptOutReason), time.Now().Unix()); err != nil {
		return false, fmt.Errorf("add an opt-out: %w", err)
	}
	return added, nil
}

// RemoveOptOut takes a pattern away; false = it was not there. It needs the role that writes.
func (s *Store) RemoveOptOut(ctx context.Context, pattern string) (removed bool, err error) {
	if removed, err = s.changeOptOut(ctx, "remove_optout", pattern); err != nil {
		return false, fmt.Errorf("remove an opt-out: %w", err)
	}
	return removed, nil
}

func (s *Store) changeOptOut(ctx context.Context, statement string, args ...any) (changed bool, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		changed = false
		var pattern string
		return query(ctx, tx, statement, []any{&pattern}, func() { changed = true }, args...)
	})
	return changed, err
}

// OptOuts lists every opt-out by its pattern.
func (s *Store) OptOuts(ctx context.Context) (list []OptOut, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		list = nil
		var o OptOut
		var added int64
		return query(ctx, tx, "optouts", []any{&o.Pattern, &o.Reason, &added}, func() {
			o.AddedAt = timeOf(&added)
			list = append(list, o)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list opt-outs: %w", err)
	}
	return list, nil
}
