package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

const (
	// eraseEvents is how many events one transaction erases. No writer works beside it, so it is short.
	eraseEvents = 1_000
	// eraseStones is how many tombstones are looked up at once.
	eraseStones = 1_000
)

// Takedown is an operator's act: an event or everything by an author is removed for good.
type Takedown struct {
	Target   [32]byte // an event's id or a public key
	Author   bool     // it is a public key
	Reason   string
	By       string
	At       time.Time
	ErasedAt time.Time // zero = not all is erased yet
}

func (t *Takedown) cause() string {
	if t.Author {
		return causeAuthor
	}
	return causeEvent
}

// EnterTakedown records an act. From its commit on what it names is hidden and kept out; Erase removes it. Needs the role
// that erases.
func (s *Store) EnterTakedown(ctx context.Context, t Takedown) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		if err := a.exec(ctx, "record_takedown", t.Target[:], t.cause(), plain(t.Reason), plain(t.By), t.At.Unix()); err != nil {
			return err
		}
		return a.exec(ctx, "enter_takedown", t.Target[:], t.cause(), t.At.Unix())
	})
	if err != nil {
		return fmt.Errorf("enter the takedown: %w", err)
	}
	return nil
}

// Takedowns returns every act, oldest first.
func (s *Store) Takedowns(ctx context.Context) (list []Takedown, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		list = nil
		var target []byte
		var cause string
		var t Takedown
		var at int64
		var erased *int64
		return query(ctx, tx, "takedowns", []any{&target, &cause, &t.Reason, &t.By, &at, &erased}, func() {
			t.Target, t.Author, t.At, t.ErasedAt = [32]byte(target), cause == causeAuthor, timeOf(&at), timeOf(erased)
			list = append(list, t)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list takedowns: %w", err)
	}
	return list, nil
}

// Reach is what a tombstone covers, as long as some of it may be left.
type Reach struct {
	Target [32]byte // an event's id, or a public key
	Until  int64    // newest created_at of an author's events that are covered
	cause  string
}

// Author says whether the target is a public key.
func (r Reach) Author() bool { return r.cause == causeAuthor || r.cause == causeVanish }

// Covers says whether an event is to be removed.
func (r Reach) Covers(e *event.Event) bool {
	_, barred := tombstones{r.Target: {r.cause: r.Until}}.bars(e)
	return barred
}

// Due returns what is still to be removed, the oldest first.
func (s *Store) Due(ctx context.Context) (due []Reach, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		due = nil
		var target []byte
		var r Reach
		return query(ctx, tx, "due_tombstones", []any{&target, &r.cause, &r.Until}, func() {
			r.Target = [32]byte(target)
			due = append(due, r)
		}, eraseStones)
	})
	if err != nil {
		return nil, fmt.Errorf("look for what is to be erased: %w", err)
	}
	return due, nil
}

// Erased says what an erasure removed.
type Erased struct {
	Events      int
	Sightings   int
	Quarantined int
	Authors     map[event.PubKey]struct{} // of the events
}

func (e *Erased) add(o Erased) {
	e.Events, e.Sightings, e.Quarantined = e.Events+o.Events, e.Sightings+o.Sightings, e.Quarantined+o.Quarantined
	for author := range o.Authors {
		e.Authors[author] = struct{}{}
	}
}

// Erase removes what a tombstone reaches: events, their sightings and what quarantine holds of them. Each removed event
// leaves its id, so that nobody brings it again. It may be interrupted and repeated; Settle ends it. Needs the role that
// erases.
func (s *Store) Erase(ctx context.Context, r Reach) (done Erased, err error) {
	done.Authors = map[event.PubKey]struct{}{}
	for n := eraseEvents; n == eraseEvents; {
		var gone Erased
		err := s.transact(ctx, pgx.TxOptions{}, "begin_erase", func(tx pgx.Tx) (err error) {
			gone = Erased{Authors: map[event.PubKey]struct{}{}}
			n, err = eraseSome(ctx, &apply{tx: tx}, r, &gone)
			return err
		})
		if err != nil {
			return done, fmt.Errorf("erase what a tombstone reaches: %w", err)
		}
		done.add(gone)
	}
	return done, nil
}

// Settle notes that nothing is left of what a tombstone reaches, here or on the bus.
func (s *Store) Settle(ctx context.Context, r Reach) error {
	err := s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		return a.exec(ctx, "settle_tombstone", r.Target[:], r.cause, r.Until, time.Now().Unix())
	})
	if err != nil {
		return fmt.Errorf("settle a tombstone: %w", err)
	}
	return nil
}

func eraseSome(ctx context.Context, a *apply, r Reach, gone *Erased) (n int, err error) {
	var nos []int64
	var ids [][]byte
	var no int64
	var id, pubkey []byte
	err = a.query(ctx, "events_reached", []any{&no, &id, &pubkey}, func() {
		nos, ids = append(nos, no), append(ids, id)
		gone.Authors[event.PubKey(pubkey)] = struct{}{}
	}, r.Target[:], r.cause, r.Until, eraseEvents)
	if err != nil {
		return 0, err
	}
	if err := a.erase(ctx, nos, gone); err != nil {
		return 0, err
	}
	if r.Author() && len(ids) > 0 {
		if err := a.exec(ctx, "enter_erased", ids, time.Now().Unix()); err != nil {
			return 0, err
		}
	}
	if len(nos) < eraseEvents {
		gone.Quarantined, err = a.count(ctx, "delete_quarantined", r.Target[:])
	}
	return len(nos), err
}

// erase removes events with what hangs on them.
func (a *apply) erase(ctx context.Context, nos []int64, gone *Erased) (err error) {
	if len(nos) == 0 {
		return nil
	}
	if gone.Sightings, err = a.count(ctx, "delete_sightings", nos); err != nil {
		return err
	}
	gone.Events, err = a.count(ctx, "delete_events", nos)
	return err
}
