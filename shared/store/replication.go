package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// replicationEvents is how many events a block has: as many as have a bit in one row of network_event.
	replicationEvents = blockEvents
	// replicationBlocks is how many blocks one transaction counts; each has some 40,000 sightings.
	replicationBlocks = 16
)

// noteReplication notes the blocks whose sightings the tally adds or removes.
func (t *tally) noteReplication(ctx context.Context, a *apply) error {
	changed := map[int32]struct{}{}
	for key := range t.pairs {
		changed[int32(key.event/replicationEvents)] = struct{}{}
	}
	return a.exec(ctx, "note_replication", slices.Sorted(maps.Keys(changed)), time.Now().Unix())
}

// CountReplication counts in some blocks of events that changed how many relays serve them and what one relay serves alone, and
// puts the difference into the totals; 0 means that no block is left. Needs the role of the refresher.
func (s *Store) CountReplication(ctx context.Context) (blocks int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a, err := foldAlone(ctx, tx)
		if err != nil {
			return err
		}
		var due []int32
		var block int32
		err = a.query(ctx, "take_replication", []any{&block}, func() { due = append(due, block) }, replicationBlocks)
		if blocks = len(due); err != nil || blocks == 0 {
			return err
		}
		if err := a.exec(ctx, "add_replication", due, -1); err != nil {
			return err
		}
		if err := a.exec(ctx, "count_replication", due); err != nil {
			return err
		}
		return a.exec(ctx, "add_replication", due, 1)
	})
	return blocks, err
}
