package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// foldDeltas bounds the rows of deltas of one fold: each may hold the events of one transaction of the writer.
const foldDeltas = 100

// Folded says what a fold counted.
type Folded struct {
	Deltas    int // rows taken
	Events    int // added or removed
	Sightings int
}

// Fold takes changes that writing transactions left and adds them to the counters, all in one transaction: each is counted
// exactly once, whenever this process or Postgres dies. When it took nothing there is nothing left. Needs the role of the
// refresher.
func (s *Store) Fold(ctx context.Context) (done Folded, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		if err := a.exec(ctx, "lock_fold"); err != nil {
			return err
		}
		t := newTally()
		done = Folded{}
		if err := t.takeEvents(ctx, &a, &done); err != nil {
			return err
		}
		if err := t.takeSightings(ctx, &a, &done); err != nil || done.Deltas == 0 {
			return err
		}
		return t.store(ctx, &a)
	})
	if err != nil {
		return Folded{}, fmt.Errorf("fold counters: %w", err)
	}
	return done, nil
}

func (t *tally) takeEvents(ctx context.Context, a *apply, done *Folded) error {
	var sign int16
	var events []int64
	var kinds, days []int32
	var authors [][]byte
	return a.query(ctx, "take_event_deltas", []any{&sign, &events, &kinds, &days, &authors}, func() {
		done.Deltas++
		done.Events += len(events)
		for i := range events {
			t.event(int64(sign), events[i], kinds[i], days[i], event.PubKey(authors[i]))
		}
	}, foldDeltas)
}

func (t *tally) takeSightings(ctx context.Context, a *apply, done *Folded) error {
	var sign int16
	var events []int64
	var relays, kinds, seen []int32
	return a.query(ctx, "take_sighting_deltas", []any{&sign, &events, &relays, &kinds, &seen}, func() {
		done.Deltas++
		done.Sightings += len(events)
		for i := range events {
			t.sighting(int64(sign), events[i], relays[i], kinds[i], int64(seen[i]))
		}
	}, foldDeltas)
}

// rebuildEvents is how many numbers of events a rebuild reads at once: each range writes most sketches and most counts of
// relays anew, and needs about 100 MB.
const rebuildEvents = 250_000

// rebuildTries is how often a rebuild begins anew because a fold came between.
const rebuildTries = 5

// RebuildAnalytics forgets every counter and counts all events and sightings again, as of one moment. Writers go on
// meanwhile: what they add later is folded later. Needs the role of the refresher.
func (s *Store) RebuildAnalytics(ctx context.Context) (done Folded, err error) {
	for range rebuildTries {
		err = s.transact(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, "begin_rebuild", func(tx pgx.Tx) error {
			done, err = rebuild(ctx, &apply{tx: tx})
			return err
		})
		if err == nil || Classify(err) != Contention {
			break
		}
	}
	for n := 1; n > 0 && err == nil; {
		n, err = s.CountReplication(ctx)
	}
	if err != nil {
		return Folded{}, fmt.Errorf("rebuild counters: %w", err)
	}
	return done, nil
}

func rebuild(ctx context.Context, a *apply) (done Folded, err error) {
	for _, statement := range []string{"lock_fold", "clear_analytics"} {
		if err := a.exec(ctx, statement); err != nil {
			return done, err
		}
	}
	var first, last int64
	if err := a.query(ctx, "event_bounds", []any{&first, &last}, func() {}); err != nil {
		return done, err
	}
	for ; first <= last; first += rebuildEvents {
		t := newTally()
		if err := t.read(ctx, a, first, &done); err != nil {
			return done, err
		}
		if err := t.store(ctx, a); err != nil {
			return done, err
		}
	}
	return done, nil
}

// read counts the events of a range of numbers, and their sightings.
func (t *tally) read(ctx context.Context, a *apply, first int64, done *Folded) error {
	var no int64
	var relay, kind, day, seen int32
	var author []byte
	err := a.query(ctx, "count_events", []any{&no, &kind, &day, &author}, func() {
		done.Events++
		t.event(1, no, kind, day, event.PubKey(author))
	}, first, first+rebuildEvents)
	if err != nil {
		return err
	}
	return a.query(ctx, "count_sightings", []any{&no, &relay, &kind, &seen}, func() {
		done.Sightings++
		t.sighting(1, no, relay, kind, int64(seen))
	}, first, first+rebuildEvents)
}
