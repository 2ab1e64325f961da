package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
	"github.com/bigbrotr/bigbrotr-go/sql"
)

// WriteOptions are the settings of one write.
type WriteOptions struct {
	SightingRefresh time.Duration   // last_seen moves only when it is older; 0 = 7 days
	Service         string          // URL of this archive, as requests to vanish name it (NIP-62); "" = it has none
	Rules           retention.Rules // what is not kept
	Light           bool            // without content, tags and signatures
	Now             time.Time       // stands in for times that a message lacks; zero = the clock's
}

const defaultSightingRefresh = 7 * 24 * time.Hour

func (o WriteOptions) filled() WriteOptions {
	if o.SightingRefresh <= 0 {
		o.SightingRefresh = defaultSightingRefresh
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return o
}

// Written says what a write did.
type Written struct {
	New      map[event.ID]struct{} // events that this transaction added
	Archived []Archived            // every event of the batches that is in the archive now, in their order
	Accepted []Accepted            // relays that this transaction added
	Checks   []*ingest.Check       // every check that was stored, now or before
	States   []*ingest.Check       // those of them that changed a relay's state
	Changed  []Changed             // documents that replaced another one

	Events           int // new events
	Known            int // events and known ids that were there before
	Sightings        int // new sightings
	Refreshed        int // sightings whose last_seen moved
	Missing          int // sightings marked as missing
	Pages            int // pages, complete or not
	Intervals        int // intervals proven, known ones included
	IntervalsRefused int // intervals not stored because an event of theirs is missing
	Revoked          int // rows of coverage from which an interval was taken back
	Refused          int // events that are never stored (kind 22242), or not kept by a rule
	Removed          int // events that were removed before, or whose author was, and are kept out
	Quarantined      int // events and parts of batches that cannot be stored

	Collided bool // another writer inserted some of the events meanwhile
}

// Archived is an event that a batch brought.
type Archived struct {
	Event  *event.Event
	Relay  string // who served it
	SeenAt int64  // unix seconds
	Batch  int    // place of the batch
	New    bool   // added by this transaction
}

// Accepted is a relay that was added.
type Accepted struct {
	Relay string
	At    int64 // unix seconds
}

// Changed is a document that replaced another one.
type Changed struct {
	Relay, Vantage, Type string
	SHA256               [32]byte
	SeenAt               int64 // unix seconds
}

// Write stores batches in one transaction, which is on disk when Write returns without an error. It is idempotent.
// After an error nothing is stored; Classify says what to do, and for Data that is WriteCarefully.
func (s *Store) Write(ctx context.Context, batches []*ingest.Batch, opts WriteOptions) (Written, error) {
	plan := newPlan(itemsOf(batches), opts.filled())
	var a *apply
	err := s.write(ctx, func(tx pgx.Tx) error {
		a = s.newApply(tx, plan)
		return a.run(ctx)
	})
	if err != nil {
		return Written{}, fmt.Errorf("write %d batches: %w", len(batches), err)
	}
	s.remember(a)
	return a.written, nil
}

func itemsOf(batches []*ingest.Batch) []item {
	items := make([]item, len(batches))
	for i, batch := range batches {
		items[i] = item{batch, i}
	}
	return items
}

// remember fills the caches; only a committed apply may come here.
func (s *Store) remember(a *apply) {
	s.relays.remember(a.relays)
	s.filters.remember(a.filters)
}

// apply carries a plan into one transaction.
type apply struct {
	store      *Store
	tx         pgx.Tx
	plan       *plan
	relays     map[string]int32      // url → relay_no
	filters    map[string]int32      // sha256 → filter_no
	events     map[event.ID]int64    // id → event_no, of all ids that are stored
	removed    map[event.ID]struct{} // ids that may not come back
	written    Written
	reuseStage bool // the transaction may have used the stage before
}

func (s *Store) newApply(tx pgx.Tx, p *plan) *apply {
	return &apply{store: s, tx: tx, plan: p, events: make(map[event.ID]int64, len(p.events)), removed: map[event.ID]struct{}{},
		written: Written{New: map[event.ID]struct{}{}, Pages: len(p.pages), Refused: p.refused}}
}

// run takes the steps in the one order that all writers keep: table after table, and inside a table by key.
func (a *apply) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		a.writeCandidates, a.writeRelays, a.writeEvents, a.writeSightings, a.writeCoverage,
		a.writeChecks, a.writeToldTransitions, a.writeVisits, a.writeRejects, a.writeManners, a.writePublications, a.writeQuarantine,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	a.report()
	return nil
}

// report lists the events of the batches that are stored now.
func (a *apply) report() {
	for _, pg := range a.plan.pages {
		for _, id := range pg.ids[:len(pg.ids)-len(pg.known)] {
			if _, stored := a.events[id]; !stored {
				continue // it was removed
			}
			_, isNew := a.written.New[id]
			a.written.Archived = append(a.written.Archived, Archived{
				Event: a.plan.events[id], Relay: pg.relay, SeenAt: int64(pg.seen), Batch: pg.from, New: isNew})
		}
	}
	a.written.Events = len(a.written.New)
	a.written.Known = len(a.events) - a.written.Events
}

func (a *apply) exec(ctx context.Context, statement string, args ...any) error {
	_, err := a.count(ctx, statement, args...)
	return err
}

// count runs a statement and returns how many rows it touched.
func (a *apply) count(ctx context.Context, statement string, args ...any) (int, error) {
	tag, err := a.tx.Exec(ctx, sql.Query(statement), args...)
	if err != nil {
		return 0, named(statement, err)
	}
	return int(tag.RowsAffected()), nil
}

// query runs a statement and calls each after every row was scanned into the targets.
func (a *apply) query(ctx context.Context, statement string, targets []any, each func(), args ...any) error {
	return query(ctx, a.tx, statement, targets, each, args...)
}

func query(ctx context.Context, tx pgx.Tx, statement string, targets []any, each func(), args ...any) error {
	rows, err := tx.Query(ctx, sql.Query(statement), args...)
	if err != nil {
		return named(statement, err)
	}
	_, err = pgx.ForEachRow(rows, targets, func() error { each(); return nil })
	return named(statement, err)
}

// named adds the statement to its error, in words.
func named(statement string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", strings.ReplaceAll(statement, "_", " "), err)
}
