package store

import (
	"context"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Causes of tombstones.
const (
	causeEvent  = "event"  // an operator took the event down
	causeAuthor = "author" // an operator took the author down
	causeVanish = "vanish" // the author asked for it (NIP-62)
	causeErased = "erased" // an event that one of the others removed or kept out
)

// tombstones is what was removed, by its 32 bytes: the newest created_at that each cause reaches.
type tombstones map[[32]byte]map[string]int64

// bars says whether an event may not be stored, and why: the cause of the tombstone that says so.
func (t tombstones) bars(e *event.Event) (cause string, barred bool) {
	for _, cause := range []string{causeEvent, causeErased} {
		if _, found := t[e.ID][cause]; found {
			return cause, true
		}
	}
	if until, found := t[e.PubKey][causeAuthor]; found && e.CreatedAt <= until {
		return causeAuthor, true
	}
	if until, found := t[e.PubKey][causeVanish]; found && e.CreatedAt <= until && e.Kind != event.KindVanish {
		return causeVanish, true
	}
	return t.wrapped(e)
}

// wrapped says whether an event is a gift wrap for an author who vanished (NIP-62).
func (t tombstones) wrapped(e *event.Event) (cause string, barred bool) {
	if e.Kind != event.KindGiftWrap {
		return "", false
	}
	for _, to := range e.Recipients() {
		if until, found := t[to][causeVanish]; found && e.CreatedAt <= until {
			return causeVanish, true
		}
	}
	return "", false
}

// obey takes out of the plan what tombstones bar, whether it is stored or not, after entering those that the plan itself
// brings. Known ids that are not stored are looked up, too: one that was removed is no gap. In an archive from which
// nothing was ever removed it costs one look at an empty table.
func (a *apply) obey(ctx context.Context) error {
	if err := a.enterVanishes(ctx); err != nil {
		return err
	}
	some := false
	if err := a.query(ctx, "has_tombstones", []any{&some}, func() {}); err != nil || !some {
		return err
	}
	stones, err := a.tombstones(ctx)
	if err != nil {
		return err
	}
	var out []event.ID
	for id, e := range a.plan.events {
		if cause, barred := stones.bars(e); barred {
			a.drop(id)
			if cause == causeAuthor || cause == causeVanish {
				out = append(out, id)
			}
		}
	}
	for id := range a.absent() {
		_, byHand := stones[id][causeEvent]
		if _, found := stones[id][causeErased]; found || byHand {
			a.removed[id] = struct{}{}
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.SortFunc(out, compareIDs)
	return a.exec(ctx, "enter_erased", byteSlices(out), a.plan.opts.Now.Unix())
}

// drop forgets an event of the plan: it is neither stored nor seen nor told of, and its page is none the worse.
func (a *apply) drop(id event.ID) {
	delete(a.events, id)
	delete(a.plan.events, id)
	a.plan.excluded[id] = struct{}{}
	a.removed[id] = struct{}{}
	a.written.Removed++
}

// absent returns the known ids that are not stored.
func (a *apply) absent() map[event.ID]struct{} {
	absent := map[event.ID]struct{}{}
	for _, pg := range a.plan.pages {
		for _, id := range pg.known {
			if _, ok := a.events[id]; !ok {
				absent[id] = struct{}{}
			}
		}
	}
	return absent
}

// enterVanishes enters the requests to vanish that the plan brings anew.
func (a *apply) enterVanishes(ctx context.Context) error {
	var authors [][]byte
	var until []int64
	for id, e := range a.plan.events {
		if _, known := a.events[id]; !known && e.Vanishes(a.plan.opts.Service) {
			authors, until = append(authors, e.PubKey[:]), append(until, e.CreatedAt)
		}
	}
	if len(authors) == 0 {
		return nil
	}
	return a.exec(ctx, "enter_vanishes", authors, until, a.plan.opts.Now.Unix())
}

// tombstones looks up those of the plan's events, their authors, the receivers of gift wraps and known ids that are not
// stored.
func (a *apply) tombstones(ctx context.Context) (tombstones, error) {
	asked := map[[32]byte]struct{}{}
	for id, e := range a.plan.events {
		asked[id], asked[e.PubKey] = struct{}{}, struct{}{}
		if e.Kind == event.KindGiftWrap {
			for _, to := range e.Recipients() {
				asked[to] = struct{}{}
			}
		}
	}
	for id := range a.absent() {
		asked[id] = struct{}{}
	}
	targets := make([][]byte, 0, len(asked))
	for target := range asked {
		targets = append(targets, target[:])
	}
	found := tombstones{}
	var target []byte
	var cause string
	var until int64
	for chunk := range slices.Chunk(targets, probeIDs) {
		err := a.query(ctx, "tombstones_of", []any{&target, &cause, &until}, func() {
			key := [32]byte(target)
			if found[key] == nil {
				found[key] = map[string]int64{}
			}
			found[key][cause] = until
		}, chunk)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// writeDeletions remembers what the deletions that this transaction added name, whether it is here or not (NIP-09).
func (a *apply) writeDeletions(ctx context.Context) error {
	var ids, authors, owners [][]byte
	var kinds []int32
	var hashes, created []int64
	for id := range a.written.New {
		e := a.plan.events[id]
		named, addresses := e.Deletions()
		for _, one := range named {
			ids, authors = append(ids, one[:]), append(authors, e.PubKey[:])
		}
		for _, one := range addresses {
			owners, kinds = append(owners, e.PubKey[:]), append(kinds, int32(one.Kind))
			hashes, created = append(hashes, one.DHash), append(created, e.CreatedAt)
		}
	}
	if len(ids) > 0 {
		if err := a.exec(ctx, "insert_deletions", ids, authors); err != nil {
			return err
		}
	}
	if len(owners) == 0 {
		return nil
	}
	return a.exec(ctx, "insert_address_deletions", owners, kinds, hashes, created)
}
