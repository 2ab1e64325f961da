package eraser

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// reached is a tombstone and what was removed because of it.
type reached struct {
	store.Reach
	rows store.Erased
}

// purge takes copies off the bus.
func (e *Eraser) purge(ctx context.Context, one reached) (removed int, err error) {
	for _, filter := range one.filters() {
		n, err := e.bus.PurgeEvents(ctx, filter, one.coversJSON)
		removed += n
		erased.WithLabelValues("events").Add(float64(n))
		if err != nil {
			return removed, err
		}
	}
	n, err := e.bus.PurgeDead(ctx, one.coversBatch)
	erased.WithLabelValues("dead").Add(float64(n))
	return removed + n, err
}

// filters returns the subjects of EVENTS on which copies may be: those of the authors, or all when none is known any more.
func (r reached) filters() (filters []string) {
	authors := r.rows.Authors
	if r.Author() {
		authors = map[event.PubKey]struct{}{r.Target: {}}
		for author := range r.rows.Authors {
			authors[author] = struct{}{} // of gift wraps
		}
	}
	if len(authors) == 0 {
		return []string{subject.EventsOfAnybody}
	}
	seen := map[string]bool{}
	for author := range authors {
		if filter := subject.EventsOf(author); !seen[filter] {
			seen[filter] = true
			filters = append(filters, filter)
		}
	}
	return filters
}

func (r reached) coversJSON(body []byte) bool {
	e, err := event.Parse(body)
	return err == nil && r.Covers(&e)
}

// coversBatch says whether a message that was given up holds an event that is to be removed. The message goes as a whole:
// nobody could write it anyhow.
func (r reached) coversBatch(body []byte) bool {
	batch, err := ingest.Decode(body)
	if err != nil {
		return false
	}
	for _, page := range batch.Pages {
		if r.coversAny(page.Events) {
			return true
		}
	}
	for _, load := range batch.Imports {
		if r.coversAny(load.Events) {
			return true
		}
	}
	return false
}

func (r reached) coversAny(events []*ingest.Event) bool {
	for _, m := range events {
		if len(m.Id) != 32 || len(m.Pubkey) != 32 {
			continue
		}
		e := event.Event{ID: event.ID(m.Id), PubKey: event.PubKey(m.Pubkey), CreatedAt: m.CreatedAt, Kind: uint16(m.Kind), Tags: m.Tags}
		if r.Covers(&e) {
			return true
		}
	}
	return false
}
