package exporter

import (
	"context"
	"path/filepath"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// pageEvents is how many events are written with their sightings at once.
const pageEvents = 500

// events writes the months that changed.
func (t *tables) events(ctx context.Context) error {
	return walk(t.now, func(m month) (store.Stretch, error) { return t.x.store.EventsIn(ctx, m.Interval) },
		func(m month, found store.Stretch) error {
			if t.closedOnly && !m.closed || m.Until < t.sel.Since || t.sel.Until != 0 && m.Since > t.sel.Until {
				return nil
			}
			same, err := t.unchanged(ctx, m, found)
			if err != nil || same {
				return err
			}
			return t.writeMonth(ctx, m, found)
		})
}

// unchanged keeps both files of a month to which nothing was added and from which nothing was removed. Numbers tell what
// was added, but are drawn before the commit; the count tells the rest.
func (t *tables) unchanged(ctx context.Context, m month, found store.Stretch) (bool, error) {
	events, sightings := tablePath(dump.TableEvents, m), tablePath(dump.TableSightings, m)
	file, known := t.old[events]
	if !known || file.Archived != found.Count {
		return false, nil
	}
	arrived, err := t.x.store.Arrived(ctx, file.HighNo, m.Interval)
	if err != nil || arrived {
		return false, err
	}
	return t.keep(events) && t.keep(sightings), nil
}

// writeMonth writes events and their sightings side by side.
func (t *tables) writeMonth(ctx context.Context, m month, found store.Stretch) error {
	w := monthWriter{t: t, ctx: ctx}
	if err := w.open(m); err != nil {
		return err
	}
	defer w.close()
	sel := t.sel
	sel.Since, sel.Until = max(sel.Since, m.Since), m.Until
	if t.sel.Until != 0 {
		sel.Until = min(t.sel.Until, m.Until)
	}
	if sel.Since <= sel.Until {
		if err := t.x.store.Events(ctx, sel, w.write); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	events, err := w.events.Finish()
	if err != nil {
		return err
	}
	sightings, err := w.sightings.Finish()
	if err != nil {
		return err
	}
	events.Events, events.Archived, events.HighNo = &w.counts, found.Count, found.High
	return t.note(named(events, tablePath(dump.TableEvents, m), dump.TableEvents, m.name),
		named(sightings, tablePath(dump.TableSightings, m), dump.TableSightings, m.name))
}

// monthWriter gathers events until it asks for their sightings.
type monthWriter struct {
	t         *tables
	ctx       context.Context
	events    *dump.Table[dump.EventRow]
	sightings *dump.Table[dump.SightingRow]
	rows      []dump.EventRow
	numbers   []int64
	size      int
	counts    dump.Events
}

func (w *monthWriter) open(m month) (err error) {
	path := func(table string) string { return filepath.Join(w.t.dir, filepath.FromSlash(tablePath(table, m))) }
	if w.events, err = dump.CreateTable[dump.EventRow](path(dump.TableEvents), "created_at", "id"); err != nil {
		return err
	}
	if w.sightings, err = dump.CreateTable[dump.SightingRow](path(dump.TableSightings)); err != nil {
		w.events.Close()
	}
	return err
}

func (w *monthWriter) close() {
	w.events.Close()
	w.sightings.Close()
}

func (w *monthWriter) write(one store.Stored) error {
	if one.Err != nil {
		w.counts.LeftOut++
		return nil
	}
	size := len(one.Event.Tags) + len(one.Event.Content) + 160
	w.rows, w.numbers = append(w.rows, dump.RowOf(&one.Event)), append(w.numbers, one.No)
	w.size += size
	w.counts.Add(one.No, one.Event.CreatedAt)
	w.t.x.count(size)
	if len(w.rows) < pageEvents {
		return nil
	}
	return w.flush()
}

func (w *monthWriter) flush() error {
	if len(w.rows) == 0 {
		return nil
	}
	if err := w.events.Write(w.rows, w.size); err != nil {
		return err
	}
	seen, err := w.t.x.store.SightingsOf(w.ctx, w.numbers)
	if err != nil {
		return err
	}
	if err := w.sightings.Write(w.inOrder(seen), 64*len(seen)); err != nil {
		return err
	}
	w.rows, w.numbers, w.size = w.rows[:0], w.numbers[:0], 0
	return nil
}

// inOrder puts sightings, which come by number, into the order of their events.
func (w *monthWriter) inOrder(seen []store.Seen) []dump.SightingRow {
	byNo := map[int64][]store.Seen{}
	for _, s := range seen {
		byNo[s.EventNo] = append(byNo[s.EventNo], s)
	}
	rows := make([]dump.SightingRow, 0, len(seen))
	for i, no := range w.numbers {
		for _, s := range byNo[no] {
			rows = append(rows, dump.SightingRow{ID: w.rows[i].ID, Relay: s.Relay, FirstSeen: s.First, LastSeen: s.Last,
				MissingSince: s.MissingSince})
		}
	}
	return rows
}
