package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

var (
	eventTable = pgx.Identifier{"event"}
	stageTable = pgx.Identifier{"stage_event_2"}
	// EventColumns are the columns that EventRow fills.
	EventColumns = []string{"id", "pubkey", "created_at", "kind", "tags", "content", "sig", "raw", "tag_hashes",
		"d_hash", "expires_at", "protected"}
	numberedColumns = append([]string{"event_no"}, EventColumns...)
)

// straightTries is how often events are copied straight into the table before they are staged. A copy is in vain only
// when another writer committed one of its events meanwhile, so it is cheap to look again: what they both had is known now.
const straightTries = 2

// insert adds events that the probe did not find, sorted by id. The straight way is to copy them into the table, which
// takes a third less of Postgres than staging them first; but when another writer inserted one of them meanwhile, all of
// the copy is in vain. Then the events are looked up and what is still missing is copied again; if a further writer was
// faster once more, it goes through the stage, which passes over known events one by one.
//
// Sorted as they are, two writers wait for each other in one direction only, whichever way each of them takes: a copy that
// was in vain has given its locks back before it begins anew.
func (a *apply) insert(ctx context.Context, fresh []event.ID) error {
	for try := 0; try < straightTries && !a.reuseStage; try++ {
		collided, err := a.copyEvents(ctx, fresh)
		if !collided {
			return err
		}
		a.written.Collided = true
		if err := a.probe(ctx, fresh); err != nil {
			return err
		}
		if fresh = a.missingEvents(); len(fresh) == 0 {
			return nil
		}
	}
	return a.insertStaged(ctx, fresh)
}

// copyEvents copies events into the archive under numbers that it draws before. collided says that nothing was added
// because one of them was there.
func (a *apply) copyEvents(ctx context.Context, fresh []event.ID) (collided bool, err error) {
	numbers, err := a.drawNumbers(ctx, len(fresh))
	if err != nil {
		return false, err
	}
	source := pgx.CopyFromSlice(len(fresh), func(i int) ([]any, error) {
		return append([]any{numbers[i]}, EventRow(a.plan.events[fresh[i]], a.plan.opts.Light)...), nil
	})
	err = pgx.BeginFunc(ctx, a.tx, func(savepoint pgx.Tx) error {
		_, err := savepoint.CopyFrom(ctx, eventTable, numberedColumns, source)
		return err
	})
	if collides(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("copy %d events: %w", len(fresh), err)
	}
	for i, id := range fresh {
		a.events[id] = numbers[i]
		a.written.New[id] = struct{}{}
	}
	return false, nil
}

func (a *apply) drawNumbers(ctx context.Context, n int) (numbers []int64, err error) {
	var no int64
	err = a.query(ctx, "draw_numbers", []any{&no}, func() { numbers = append(numbers, no) }, n)
	return numbers, err
}

// collides says whether a row was there already.
func collides(err error) bool {
	const uniqueViolation = "23505"
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == uniqueViolation
}

// insertStaged stages events and moves those into the archive that are still new. What another writer inserted in between
// is looked up again: after the conflict its row is visible.
func (a *apply) insertStaged(ctx context.Context, fresh []event.ID) error {
	if err := a.stage(ctx, fresh); err != nil {
		return err
	}
	var id []byte
	var no int64
	err := a.query(ctx, "insert_events", []any{&id, &no}, func() {
		a.events[event.ID(id)] = no
		a.written.New[event.ID(id)] = struct{}{}
	})
	if err != nil {
		return err
	}
	if missing := a.missingEvents(); len(missing) > 0 {
		return a.probe(ctx, missing)
	}
	return nil
}

func (a *apply) stage(ctx context.Context, ids []event.ID) error {
	if err := a.exec(ctx, "create_stage"); err != nil {
		return err
	}
	if a.reuseStage {
		if err := a.exec(ctx, "clear_stage"); err != nil {
			return err
		}
	}
	source := pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) { return EventRow(a.plan.events[ids[i]], a.plan.opts.Light), nil })
	if _, err := a.tx.CopyFrom(ctx, stageTable, EventColumns, source); err != nil {
		return fmt.Errorf("stage %d events: %w", len(ids), err)
	}
	return nil
}
