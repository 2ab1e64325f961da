package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// probeIDs bounds the ids of one probe.
const probeIDs = 10_000

// writeEvents probes all ids, stages the events that are new and moves them into the archive. What another writer
// inserted in between is looked up again: after the conflict its row is visible.
func (a *apply) writeEvents(ctx context.Context) error {
	ids := a.plan.ids()
	if err := a.probe(ctx, ids); err != nil {
		return err
	}
	fresh := a.missingEvents()
	if len(fresh) == 0 {
		return nil
	}
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

// ids returns every id of the plan once, sorted: neighbours in the index are read together.
func (p *plan) ids() []event.ID {
	seen := make(map[event.ID]struct{}, len(p.events))
	var ids []event.ID
	for _, pg := range p.pages {
		for _, id := range pg.ids {
			if _, ok := seen[id]; !ok {
				seen[id] = struct{}{}
				ids = append(ids, id)
			}
		}
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}

func compareIDs(a, b event.ID) int { return slices.Compare(a[:], b[:]) }

// probe looks up the numbers of ids.
func (a *apply) probe(ctx context.Context, ids []event.ID) error {
	var id []byte
	var no int64
	for chunk := range slices.Chunk(ids, probeIDs) {
		found := func() { a.events[event.ID(id)] = no }
		if err := a.query(ctx, "event_numbers", []any{&id, &no}, found, byteSlices(chunk)); err != nil {
			return err
		}
	}
	return nil
}

// missingEvents returns the ids of events that have no number yet, sorted.
func (a *apply) missingEvents() (missing []event.ID) {
	for id := range a.plan.events {
		if _, ok := a.events[id]; !ok {
			missing = append(missing, id)
		}
	}
	slices.SortFunc(missing, compareIDs)
	return missing
}

var (
	stageTable   = pgx.Identifier{"stage_event_1"}
	stageColumns = []string{"id", "pubkey", "created_at", "kind", "tags", "content", "sig", "raw", "tag_hashes"}
)

func (a *apply) stage(ctx context.Context, ids []event.ID) error {
	if err := a.exec(ctx, "create_stage"); err != nil {
		return err
	}
	if a.reuseStage {
		if err := a.exec(ctx, "clear_stage"); err != nil {
			return err
		}
	}
	source := pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) { return row(a.plan.events[ids[i]]), nil })
	if _, err := a.tx.CopyFrom(ctx, stageTable, stageColumns, source); err != nil {
		return fmt.Errorf("stage %d events: %w", len(ids), err)
	}
	return nil
}

// row is an event as the archive keeps it. The signed bytes stay beside the texts when those cannot give them back.
func row(e *event.Event) []any {
	tags, content, exact := e.Text()
	var raw []byte
	if !exact {
		raw = e.Raw()
	}
	hashes := e.TagHashes()
	if hashes == nil {
		hashes = []int64{}
	}
	return []any{e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), tags, content, e.Sig[:], raw, hashes}
}

func byteSlices(ids []event.ID) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}

// Signatures returns the signatures of those of the ids that are in the archive. Whoever serves a
// known id with another signature has not served the archived event.
func (s *Store) Signatures(ctx context.Context, ids []event.ID) (map[event.ID][64]byte, error) {
	known := make(map[event.ID][64]byte, len(ids))
	err := s.read(ctx, func(tx pgx.Tx) error {
		var id, sig []byte
		for chunk := range slices.Chunk(ids, probeIDs) {
			err := query(ctx, tx, "signatures", []any{&id, &sig}, func() { known[event.ID(id)] = [64]byte(sig) }, byteSlices(chunk))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return known, err
}
