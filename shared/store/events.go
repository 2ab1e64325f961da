package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// probeIDs bounds the ids of one probe.
const probeIDs = 10_000

// writeEvents probes all ids and adds the events that are new.
func (a *apply) writeEvents(ctx context.Context) error {
	ids := a.plan.ids()
	if err := a.probe(ctx, ids); err != nil {
		return err
	}
	if err := a.obey(ctx); err != nil {
		return err
	}
	fresh := a.missingEvents()
	if len(fresh) == 0 {
		return nil
	}
	if err := a.insert(ctx, fresh); err != nil {
		return err
	}
	return a.writeDeletions(ctx)
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

// EventRow is an event as the archive keeps it. The signed bytes stay beside the texts when those cannot give them back. A light
// archive keeps neither.
func EventRow(e *event.Event, light bool) []any {
	policy := policyOf(e)
	if light {
		return append([]any{e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), nil, nil, nil, nil, hashesOf(e)}, policy...)
	}
	tags, content, exact := e.Text()
	var raw []byte
	if !exact {
		raw = e.Raw()
	}
	return append([]any{e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), tags, content, e.Sig[:], raw, hashesOf(e)}, policy...)
}

// policyOf is what reading an event depends on, taken out of its tags.
func policyOf(e *event.Event) []any {
	var hash, expires *int64
	var protected *bool
	if d, ok := e.DHash(); ok {
		hash = &d
	}
	if at, ok := e.Expiration(); ok {
		expires = &at
	}
	if e.Protected() {
		protected = new(bool)
		*protected = true
	}
	return []any{hash, expires, protected}
}

func hashesOf(e *event.Event) []int64 {
	if hashes := e.TagHashes(); hashes != nil {
		return hashes
	}
	return []int64{}
}

func byteSlices(ids []event.ID) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}

// Signatures returns the signatures of those of the ids that are in the archive, or were removed from it and may not come
// back. Whoever serves a known id with another signature has not served the archived event. The zero signature says that
// none is kept: what bears the id is known.
func (s *Store) Signatures(ctx context.Context, ids []event.ID) (map[event.ID][64]byte, error) {
	known := make(map[event.ID][64]byte, len(ids))
	err := s.read(ctx, func(tx pgx.Tx) error {
		var id, sig []byte
		for chunk := range slices.Chunk(ids, probeIDs) {
			err := query(ctx, tx, "signatures", []any{&id, &sig}, func() { known[event.ID(id)] = signature(sig) }, byteSlices(chunk))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return known, err
}

// signature returns the zero signature for none.
func signature(sig []byte) (out [64]byte) {
	copy(out[:], sig)
	return out
}
