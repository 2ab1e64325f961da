package finder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// ErrInterrupted is what Run returns when ctx ended before the archive did. Run goes on from there.
var ErrInterrupted = errors.New("interrupted")

const (
	backfillKey    = "finder_backfill" // in the bucket brotr_state
	backfillEvents = 1000              // between two places that are noted
)

// Backfill scans the archive as the finder scans EVENTS: for events that were there before the finder, or came while it was
// away for longer than EVENTS holds. Profiles are not shown to anybody: their domains come up again with new ones.
type Backfill struct {
	scanner  *scanner
	patience bus.Patience

	mu   sync.Mutex
	done Backfilled
}

// NewBackfill takes the reader of the archive, and a bus whose user may publish what is found.
func NewBackfill(parser relay.Parser, b *bus.Bus, s *store.Store, log *slog.Logger) *Backfill {
	return &Backfill{scanner: newScanner(parser, b, s), patience: bus.Patience{Log: log},
		done: Backfilled{Began: time.Now()}}
}

// Backfilled is what a backfill has done since Run was called.
type Backfilled struct {
	After   int64            `json:"after_event_no"` // where it began
	EventNo int64            `json:"event_no"`       // what the events up to this number name is on FOUND
	Events  int64            `json:"events"`         // read
	LeftOut int64            `json:"left_out"`       // rows that do not give their event back
	URLs    map[string]int64 `json:"urls"`           // published, by source

	LastNo  int64         `json:"-"` // of the archive when it began
	Began   time.Time     `json:"-"`
	Took    time.Duration `json:"-"`
	Waiting bool          `json:"-"` // FOUND takes nothing at the moment
}

// Run scans from where the last run stopped to the end of the archive, or from the beginning if again is true. It waits for
// FOUND while that is full.
func (b *Backfill) Run(ctx context.Context, again bool) (Backfilled, error) {
	more, err := true, b.begin(ctx, again)
	for more && err == nil {
		more, err = b.step(ctx)
	}
	if err != nil && ctx.Err() != nil {
		err = ErrInterrupted
	}
	return b.Progress(), err
}

// Progress may be called at any time, also beside Run.
func (b *Backfill) Progress() Backfilled {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := b.done
	done.URLs = maps.Clone(done.URLs)
	done.Took, done.Waiting = time.Since(done.Began), b.patience.Waiting()
	return done
}

func (b *Backfill) begin(ctx context.Context, again bool) error {
	place, err := b.place(ctx, again)
	if err != nil {
		return err
	}
	last, err := b.scanner.store.LastEvent(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = Backfilled{After: place.EventNo, EventNo: place.EventNo, LastNo: last, URLs: map[string]int64{}, Began: time.Now()}
	return nil
}

// step reads some events, publishes what they name, and notes the place when that is acknowledged.
func (b *Backfill) step(ctx context.Context) (more bool, err error) {
	s := b.scanner.newSightseeing()
	read, err := s.readAfter(ctx, b.done.EventNo)
	if err != nil || read.rows() == 0 {
		return false, err
	}
	if err := b.patience.Publish(ctx, s.publish); err != nil {
		return false, err
	}
	if err := b.note(context.WithoutCancel(ctx), backfillPlace{read.last}); err != nil {
		return false, err
	}
	b.count(read, s.found)
	return read.rows() == backfillEvents, nil
}

// stretch is some events that follow each other in the archive.
type stretch struct{ last, events, leftOut int64 }

func (s *stretch) rows() int64 { return s.events + s.leftOut }

var errEnough = errors.New("enough was read")

// readAfter reads the events after a number. Nothing is published meanwhile: that may take long, and a transaction is open.
func (s *sightseeing) readAfter(ctx context.Context, no int64) (read stretch, err error) {
	all := store.Selection{ByArrival: true, After: store.Position{No: no}}
	err = s.store.Events(ctx, all, func(one store.Stored) error {
		read.last = one.No
		if one.Err != nil {
			read.leftOut++
		} else {
			read.events++
			s.read(one.Event)
		}
		if read.rows() == backfillEvents {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return read, err
}

func (b *Backfill) count(read stretch, found map[string][]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done.EventNo = read.last
	b.done.Events += read.events
	b.done.LeftOut += read.leftOut
	for source, urls := range found {
		b.done.URLs[source] += int64(len(urls))
	}
}

// backfillPlace is how far the archive was scanned, as JSON in the bucket.
type backfillPlace struct {
	EventNo int64 `json:"event_no"`
}

func (b *Backfill) place(ctx context.Context, again bool) (at backfillPlace, err error) {
	if again {
		return at, nil
	}
	text, found, err := b.scanner.bus.Get(ctx, backfillKey)
	if err != nil || !found {
		return at, err
	}
	if err := json.Unmarshal(text, &at); err != nil {
		return at, fmt.Errorf("read where the backfill stopped: %w", err)
	}
	return at, nil
}

func (b *Backfill) note(ctx context.Context, at backfillPlace) error {
	text, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("encode where the backfill stopped: %w", err)
	}
	return b.scanner.bus.Put(ctx, backfillKey, text)
}
