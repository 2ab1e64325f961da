package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// ErrFilterNotHeld says that Held cannot answer for a filter: it knows kinds and authors alone.
var ErrFilterNotHeld = errors.New("filter has ids, tags or search")

// Held is an event that a relay is known to serve.
type Held struct {
	ID        event.ID
	CreatedAt int64 // unix seconds
}

// Held returns the events inside an interval that a relay is known to serve: it was seen to, and no complete answer
// lacked them since. The newest come first, at most limit; more says that there are others. The filter may have kinds and
// authors; its since, until and limit have no say. Any other is ErrFilterNotHeld.
func (s *Store) Held(ctx context.Context, relayURL string, filter event.Filter, iv Interval, limit int) (held []Held, more bool, err error) {
	if len(filter.IDs) > 0 || len(filter.Tags) > 0 || filter.Search != "" {
		return nil, false, ErrFilterNotHeld
	}
	kinds, authors := make([]int32, len(filter.Kinds)), make([][]byte, len(filter.Authors))
	for i, kind := range filter.Kinds {
		kinds[i] = int32(kind)
	}
	for i := range filter.Authors {
		authors[i] = filter.Authors[i][:]
	}
	limit = max(limit, 0)
	err = s.read(ctx, func(tx pgx.Tx) error {
		held = nil
		no, known, err := s.relayNumber(ctx, tx, relayURL)
		if err != nil || !known {
			return err
		}
		// Planned anew each time: the cheaper of the two ways depends on the relay and on the interval.
		var id []byte
		var at int64
		return query(ctx, tx, "held", []any{&id, &at}, func() { held = append(held, Held{event.ID(id), at}) },
			pgx.QueryExecModeCacheDescribe, no, iv.Since, iv.Until, kinds, authors, limit+1)
	})
	if err != nil {
		return nil, false, fmt.Errorf("ask what a relay holds: %w", err)
	}
	return held[:min(len(held), limit)], len(held) > limit, nil
}

// relayNumber returns the number of a relay; false = there is no such relay.
func (s *Store) relayNumber(ctx context.Context, tx pgx.Tx, url string) (no int32, known bool, err error) {
	found, _ := s.relays.find([]string{url})
	if no, known = found[url]; known {
		return no, true, nil
	}
	err = query(ctx, tx, "relays_by_url", []any{&url, &no}, func() { known = true }, []string{url})
	return no, known, err
}
