package store

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// readEvents is how many events one transaction of Events reads; between two of them nothing is held.
const readEvents = 1_000

// Selection says which events are read back. An empty list selects all.
type Selection struct {
	IDs          []event.ID
	Authors      []event.PubKey
	Kinds        []uint16
	Since, Until int64 // created_at in unix seconds, both ends included; Until 0 = no end

	Relay string // what this relay was seen to serve, in the order of time alone; empty = everything
	Shown bool   // only what may be shown (the view events), in the order of time alone

	ByArrival bool     // in the order of their numbers; else by created_at and id
	After     Position // where an earlier reading stopped; the zero Position is the beginning
}

// Position is a place in both orders of events.
type Position struct {
	No        int64
	CreatedAt int64
	ID        event.ID
}

// Stored is an event as the archive gives it back: AppendJSON of it is the event's one JSON, with the id and the signature
// that came.
type Stored struct {
	No    int64
	Event event.Event
	Err   error // the row does not give the signed event back; Event then has its id, author, time and kind alone
}

// Position returns where to go on after the event.
func (e *Stored) Position() Position { return Position{e.No, e.Event.CreatedAt, e.Event.ID} }

// ErrNoRelay says that the archive knows no relay of this URL.
var ErrNoRelay = errors.New("the archive knows no such relay")

// Events reads events back and hands each to a function, whose error ends the reading and is returned. It reads a thousand
// at a time, each time in a transaction of its own, so it holds nothing up and sees what is written meanwhile. The error is
// ErrNoRelay for a selection of a relay that is not there.
func (s *Store) Events(ctx context.Context, sel Selection, each func(Stored) error) error {
	for more := true; more; {
		err := s.read(ctx, func(tx pgx.Tx) error {
			relay, err := s.selected(ctx, tx, sel.Relay)
			if err != nil {
				return err
			}
			n, err := readPage(ctx, tx, &sel, relay, each)
			more = n == readEvents
			return err
		})
		if stop, ok := errors.AsType[*stopError](err); ok {
			return stop.err
		}
		if err != nil {
			return fmt.Errorf("read events back: %w", err)
		}
	}
	return nil
}

// LastEvent returns the highest number of an event, 0 when there is none: how far a reading by arrival has to go.
func (s *Store) LastEvent(ctx context.Context) (no int64, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error { return query(ctx, tx, "last_event", []any{&no}, func() {}) })
	return no, err
}

// selected returns the number of the relay of a selection, and 0 for any.
func (s *Store) selected(ctx context.Context, tx pgx.Tx, url string) (int32, error) {
	if url == "" {
		return 0, nil
	}
	no, known, err := s.relayNumber(ctx, tx, url)
	if err == nil && !known {
		err = fmt.Errorf("%s: %w", url, ErrNoRelay)
	}
	return no, err
}

// stopError carries an error of the caller past the reading that it ends.
type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }

// readPage reads up to readEvents events and moves the position over each that was handed on, so that a reading that
// lost its connection goes on where it stopped.
func readPage(ctx context.Context, tx pgx.Tx, sel *Selection, relay int32, each func(Stored) error) (n int, err error) {
	statement, args := sel.statement(relay)
	var r eventRow
	var stop error
	err = query(ctx, tx, statement, r.targets(), func() {
		if stop != nil {
			return
		}
		one := r.stored()
		if stop = each(one); stop == nil {
			sel.After = one.Position()
			n++
		}
	}, args...)
	if stop != nil {
		return n, &stopError{stop}
	}
	return n, err
}

// statement is planned anew each time: which index is cheapest depends on the selection.
func (sel *Selection) statement(relay int32) (name string, args []any) {
	until := sel.Until
	if until == 0 {
		until = math.MaxInt64
	}
	authors, kinds := make([][]byte, len(sel.Authors)), make([]int32, len(sel.Kinds))
	for i := range sel.Authors {
		authors[i] = sel.Authors[i][:]
	}
	for i, kind := range sel.Kinds {
		kinds[i] = int32(kind)
	}
	rest := []any{sel.Since, until, byteSlices(sel.IDs), authors, kinds, readEvents}
	if sel.ByArrival {
		return "events_by_arrival", append([]any{pgx.QueryExecModeCacheDescribe, sel.After.No}, rest...)
	}
	name = "events_by_time"
	if sel.Shown {
		name = "shown_events_by_time"
	}
	return name, append(append([]any{pgx.QueryExecModeCacheDescribe, sel.After.CreatedAt, sel.After.ID[:]}, rest...), relay)
}

// eventRow is a row of event.
type eventRow struct {
	no              int64
	id, pubkey, sig []byte
	createdAt       int64
	kind            int32
	tags, content   *string // nil in light mode, as is sig
	raw             []byte
}

// ErrLight says that an event was archived in light mode: without its tags, content and signature.
var ErrLight = errors.New("event was archived without its content")

func (r *eventRow) targets() []any {
	return []any{&r.no, &r.id, &r.pubkey, &r.createdAt, &r.kind, &r.tags, &r.content, &r.sig, &r.raw}
}

func (r *eventRow) stored() Stored {
	e, err := r.event()
	if err != nil {
		e = event.Event{ID: event.ID(r.id), PubKey: event.PubKey(r.pubkey), CreatedAt: r.createdAt, Kind: uint16(r.kind)}
	}
	return Stored{No: r.no, Event: e, Err: err}
}

// event builds the signed event from its row; that its id is the hash of it is checked on the way.
func (r *eventRow) event() (event.Event, error) {
	if r.tags == nil || r.content == nil || r.sig == nil {
		return event.Event{}, ErrLight
	}
	tags, content := event.FromText(*r.tags, *r.content)
	if r.raw != nil {
		var err error
		if tags, content, err = event.ParseRaw(r.raw); err != nil {
			return event.Event{}, fmt.Errorf("read the signed texts: %w", err)
		}
	}
	return event.New(event.ID(r.id), event.PubKey(r.pubkey), [64]byte(r.sig), r.createdAt, uint16(r.kind), tags, content)
}
