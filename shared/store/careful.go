package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// WriteCarefully is Write for batches of which Postgres refuses something. In one transaction it halves them, under
// savepoints, until each refused item is alone, puts those into quarantine and stores all others. The items are single
// events first; then what is left of their pages, which by then know which events are stored; then single reports. A
// page's interval stands if every event of it is stored or in quarantine.
//
//	page of 8 events, e5 refused:  [e1…e8] ✗  [e1…e4] ✓  [e5…e8] ✗  [e5 e6] ✗  [e5] → quarantine  [e6] ✓  [e7 e8] ✓  [page] ✓
func (s *Store) WriteCarefully(ctx context.Context, batches []*ingest.Batch, opts WriteOptions) (Written, error) {
	var c *careful
	err := s.write(ctx, func(tx pgx.Tx) error {
		c = &careful{store: s, tx: tx, opts: opts.filled(), gone: map[event.ID]struct{}{},
			written: Written{New: map[event.ID]struct{}{}}}
		return c.run(ctx, itemsOf(batches))
	})
	if err != nil {
		return Written{}, fmt.Errorf("write %d batches carefully: %w", len(batches), err)
	}
	for _, a := range c.done {
		s.remember(a)
	}
	return c.written, nil
}

type careful struct {
	store   *Store
	tx      pgx.Tx
	opts    WriteOptions
	gone    map[event.ID]struct{} // ids whose events are in quarantine or refused
	bad     []quarantined
	done    []*apply
	written Written
}

func (c *careful) run(ctx context.Context, items []item) error {
	if err := c.halve(ctx, eventItems(items)); err != nil {
		return err
	}
	c.written.Pages, c.written.Known = 0, 0 // what follows counts all pages and all ids again
	if err := c.halve(ctx, c.otherItems(items)); err != nil {
		return err
	}
	c.written.Known = max(0, c.written.Known-c.written.Events)
	c.written.Quarantined += len(c.bad)
	a := apply{tx: c.tx}
	return a.quarantine(ctx, c.bad, c.opts.Now)
}

// halve writes the items, or its halves if Postgres refuses a value of them.
func (c *careful) halve(ctx context.Context, items []item) error {
	if len(items) == 0 {
		return nil
	}
	err := c.try(ctx, items)
	switch {
	case err == nil || Classify(err) != Data:
		return err
	case len(items) == 1:
		c.giveUp(items[0].batch, err)
		return nil
	}
	middle := len(items) / 2
	if err := c.halve(ctx, items[:middle]); err != nil {
		return err
	}
	return c.halve(ctx, items[middle:])
}

func (c *careful) try(ctx context.Context, items []item) error {
	plan := newPlan(items, c.opts)
	var a *apply
	err := pgx.BeginFunc(ctx, c.tx, func(savepoint pgx.Tx) error {
		a = c.store.newApply(savepoint, plan)
		a.reuseStage = true
		return a.run(ctx)
	})
	if err != nil {
		return err
	}
	for id := range plan.excluded {
		c.gone[id] = struct{}{}
	}
	c.done = append(c.done, a)
	c.written.add(a.written)
	return nil
}

// giveUp quarantines a single item: an event as its JSON, anything else as protobuf.
func (c *careful) giveUp(part *ingest.Batch, err error) {
	q := quarantined{reason: reasonOf(err)}
	var events []*ingest.Event
	if len(part.Pages) == 1 {
		q.relay, events = part.Pages[0].Relay, part.Pages[0].Events
	}
	if len(part.Imports) == 1 {
		events = part.Imports[0].Events
	}
	if len(events) == 1 {
		if e, err := readEvent(events[0]); err == nil {
			c.gone[e.ID] = struct{}{}
			q.raw = e.AppendJSON(nil)
		}
	}
	if q.raw == nil {
		q.raw, err = proto.MarshalOptions{Deterministic: true}.Marshal(part)
		if err != nil {
			q.raw = []byte(err.Error()) // it was decoded a moment ago
		}
	}
	c.bad = append(c.bad, q)
}

// eventItems takes the events out of their pages: each becomes a page that proves nothing.
func eventItems(items []item) (out []item) {
	for _, it := range items {
		for _, pg := range it.batch.Pages {
			for _, e := range pg.Events {
				out = append(out, item{&ingest.Batch{Pages: []*ingest.Page{{
					Relay: pg.Relay, Vantage: pg.Vantage, Filter: pg.Filter, SeenAt: pg.SeenAt,
					Events: []*ingest.Event{e},
				}}}, it.from})
			}
		}
		for _, m := range it.batch.Imports {
			for _, e := range m.Events {
				out = append(out, item{&ingest.Batch{Imports: []*ingest.Import{{ReadAt: m.ReadAt, Events: []*ingest.Event{e}}}}, it.from})
			}
		}
	}
	return out
}

// otherItems returns everything but the events. A page knows by id the events that are stored by now; those in
// quarantine are left out of it.
func (c *careful) otherItems(items []item) (out []item) {
	add := func(from int, part *ingest.Batch) { out = append(out, item{part, from}) }
	for _, it := range items {
		for _, m := range it.batch.Candidates {
			add(it.from, &ingest.Batch{Candidates: []*ingest.Candidate{m}})
		}
		for _, m := range it.batch.Relays {
			add(it.from, &ingest.Batch{Relays: []*ingest.Relay{m}})
		}
		for _, m := range it.batch.Revocations {
			add(it.from, &ingest.Batch{Revocations: []*ingest.Revocation{m}})
		}
		for _, m := range it.batch.Pages {
			add(it.from, &ingest.Batch{Pages: []*ingest.Page{c.withoutEvents(m)}})
		}
		for _, m := range it.batch.Imports {
			rest := proto.CloneOf(m)
			rest.Events = nil
			add(it.from, &ingest.Batch{Imports: []*ingest.Import{rest}})
		}
		for _, m := range it.batch.Checks {
			add(it.from, &ingest.Batch{Checks: []*ingest.Check{m}})
		}
		for _, m := range it.batch.Visits {
			add(it.from, &ingest.Batch{Visits: []*ingest.Visit{m}})
		}
		for _, m := range it.batch.Manners {
			add(it.from, &ingest.Batch{Manners: []*ingest.Manners{m}})
		}
		for _, m := range it.batch.Publications {
			add(it.from, &ingest.Batch{Publications: []*ingest.Publication{m}})
		}
	}
	return out
}

func (c *careful) withoutEvents(m *ingest.Page) *ingest.Page {
	known := append([]byte(nil), m.KnownIds...)
	for _, e := range m.Events {
		if len(e.Id) != len(event.ID{}) {
			continue // it is in quarantine
		}
		if _, gone := c.gone[event.ID(e.Id)]; !gone {
			known = append(known, e.Id...)
		}
	}
	return &ingest.Page{
		PageId: m.PageId, Part: m.Part, Parts: m.Parts, Relay: m.Relay, Vantage: m.Vantage, Filter: m.Filter,
		Since: m.Since, Until: m.Until, Proof: m.Proof, SeenAt: m.SeenAt, KnownIds: known,
		MissingIds: m.MissingIds, AskedAt: m.AskedAt,
	}
}

// add sums what parts of one transaction did.
func (w *Written) add(o Written) {
	for id := range o.New {
		w.New[id] = struct{}{}
	}
	w.Archived = append(w.Archived, o.Archived...)
	w.Accepted = append(w.Accepted, o.Accepted...)
	w.Checks, w.States = append(w.Checks, o.Checks...), append(w.States, o.States...)
	w.Changed = append(w.Changed, o.Changed...)
	w.Events += o.Events
	w.Known += o.Known
	w.Sightings += o.Sightings
	w.Refreshed += o.Refreshed
	w.Missing += o.Missing
	w.Pages += o.Pages
	w.Intervals += o.Intervals
	w.IntervalsRefused += o.IntervalsRefused
	w.Revoked += o.Revoked
	w.Refused += o.Refused
	w.Removed += o.Removed
	w.Quarantined += o.Quarantined
	w.Collided = w.Collided || o.Collided
}
