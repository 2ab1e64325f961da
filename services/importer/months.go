package importer

import (
	"errors"
	"io"
	"path"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
)

// sightingBytes is what a sighting takes in a message, roughly.
const sightingBytes = 56

// maxSightings bounds those that travel with an event. What is above that takes the event along once more.
const maxSightings = 4000

// events are handed over with their sightings, in the same message: a sighting of an event that is not there is nothing.
func (r *tableReader) events(file dump.File) error {
	rows, err := dump.OpenTable[dump.EventRow](r.s.path(file), r.at.Row)
	if err != nil {
		return err
	}
	defer rows.Close()
	seen, err := r.sightings(file)
	if err != nil {
		return err
	}
	defer seen.close()
	for {
		p, err := takeRows(rows, seen)
		if err != nil {
			return err
		}
		if len(p.rows) == 0 {
			return nil
		}
		r.s.done.Add(int64(len(p.rows) + p.sightings))
		if err := r.load(file, rows.Number(), seen.number(), func() outcome { return r.s.check(p) }); err != nil {
			return err
		}
	}
}

// rowPiece is some rows of events with their sightings.
type rowPiece struct {
	first     int64 // number of the first row, from 1
	rows      []*dump.EventRow
	seen      [][]*dump.SightingRow
	sightings int
}

func takeRows(rows *dump.Rows[dump.EventRow], seen *sightingReader) (p rowPiece, err error) {
	p.first = rows.Number() + 1
	for size := 0; len(p.rows) < ingest.MaxBatchEvents && size < ingest.MaxBatchBytes/2; {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		of, err := seen.of(row.ID)
		if err != nil {
			return p, err
		}
		p.rows, p.seen = append(p.rows, row), append(p.seen, of)
		p.sightings += len(of)
		size += len(row.Content) + len(row.Raw) + 160 + sightingBytes*len(of)
		for _, tag := range row.Tags {
			for _, s := range tag {
				size += len(s) + 4
			}
		}
	}
	return p, nil
}

// sightingReader reads the file of sightings beside a file of events, which has the same order.
type sightingReader struct {
	rows *dump.Rows[dump.SightingRow] // nil = there is none
	held *dump.SightingRow
}

func (r *tableReader) sightings(events dump.File) (*sightingReader, error) {
	seen := &sightingReader{}
	name := dump.TableSightings + "/" + path.Base(events.Path)
	err := r.s.each(dump.TableSightings, func(file dump.File) (err error) {
		if file.Path == name {
			seen.rows, err = dump.OpenTable[dump.SightingRow](r.s.path(file), r.at.Sightings)
		}
		return err
	})
	return seen, err
}

// of returns the sightings of the event that comes next in order.
func (s *sightingReader) of(id [32]byte) (of []*dump.SightingRow, err error) {
	for s.rows != nil {
		if s.held == nil {
			if s.held, err = s.rows.Next(); errors.Is(err, io.EOF) {
				return of, nil
			} else if err != nil {
				return nil, err
			}
		}
		if s.held.ID != id {
			break
		}
		of, s.held = append(of, s.held), nil
	}
	return of, nil
}

// number is how many sightings were handed on.
func (s *sightingReader) number() int64 {
	if s.rows == nil {
		return 0
	}
	if s.held != nil {
		return s.rows.Number() - 1
	}
	return s.rows.Number()
}

func (s *sightingReader) close() {
	if s.rows != nil {
		s.rows.Close()
	}
}

// check verifies rows of events, whatever the manifest says: who wrote it is not known.
func (s *Tables) check(p rowPiece) (o outcome) {
	o.tally.lines = int64(len(p.rows))
	var suspects []suspect
	places := map[[32]byte]int{}
	for i, row := range p.rows {
		e, err := row.Event()
		o.tally.bytes += int64(len(e.Tags) + len(e.Content) + 160)
		switch at := p.first + int64(i); {
		case err != nil:
			o.refuse(nil, at, err) // what is left of a row is no event to keep
		case o.archived(e.Kind):
			places[e.ID] = i
			suspects = append(suspects, suspect{e, at, e.AppendJSON(nil)})
		}
	}
	good, forged := judge(suspects, &o)
	o.batches = s.batches(p, good, places, forged, &o)
	return o
}

// batches is one message, and more of them only if an event has a crowd of sightings.
func (s *Tables) batches(p rowPiece, good []*ingest.Event, places map[[32]byte]int, refused []*ingest.Refused, o *outcome) (batches []*ingest.Batch) {
	b := newTold("parquet", refused)
	for _, e := range good {
		seen := p.seen[places[[32]byte(e.Id)]]
		b.event(e)
		for len(seen) > 0 {
			n := min(len(seen), maxSightings-b.sightings)
			if n <= 0 {
				batches = append(batches, s.close(b))
				b = newTold("parquet", nil)
				b.event(e)
				continue
			}
			for _, one := range seen[:n] {
				b.sighting(one.Relay, e.Id, one.FirstSeen, one.LastSeen, one.MissingSince)
			}
			seen = seen[n:]
			o.count(dump.TableSightings, n)
		}
	}
	o.count(dump.TableEvents, len(good))
	return append(batches, s.close(b))
}

func (s *Tables) close(b *toldBatch) *ingest.Batch {
	batch := &ingest.Batch{Imports: []*ingest.Import{b.one}}
	named := map[string]bool{}
	for _, m := range b.one.Sightings {
		named[m.Relay] = true
	}
	s.addRelays(batch, named)
	return batch
}

// toldBatch gathers events and what is told of relays that served them.
type toldBatch struct {
	one       *ingest.Import
	byRelay   map[string]*ingest.Sightings
	sightings int
}

func newTold(source string, refused []*ingest.Refused) *toldBatch {
	return &toldBatch{one: &ingest.Import{Source: source, ReadAt: time.Now().Unix(), Refused: refused}, byRelay: map[string]*ingest.Sightings{}}
}

func (b *toldBatch) event(e *ingest.Event) { b.one.Events = append(b.one.Events, e) }

func (b *toldBatch) sighting(url string, id []byte, first, last, missing int64) {
	m := b.byRelay[url]
	if m == nil {
		m = &ingest.Sightings{Relay: url}
		b.byRelay[url] = m
		b.one.Sightings = append(b.one.Sightings, m)
	}
	m.Ids = append(m.Ids, id...)
	m.FirstSeen, m.LastSeen = append(m.FirstSeen, first), append(m.LastSeen, last)
	m.MissingSince = append(m.MissingSince, missing)
	b.sightings++
}

func (o *outcome) count(table string, n int) {
	if o.tally.tables == nil {
		o.tally.tables = map[string]int64{}
	}
	o.tally.tables[table] += int64(n)
}
