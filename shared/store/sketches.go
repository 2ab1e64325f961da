package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/axiomhq/hyperloglog"
	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// sketchRelays adds the authors of what relays were seen to serve.
func (t *tally) sketchRelays(ctx context.Context, a *apply) error {
	var unknown []int64
	for key, n := range t.pairs {
		if _, known := t.writers[key.event]; !known && n > 0 {
			unknown = append(unknown, key.event)
		}
	}
	slices.Sort(unknown)
	var no int64
	var author []byte
	for chunk := range slices.Chunk(slices.Compact(unknown), probeIDs) {
		found := func() { t.writers[no] = event.PubKey(author) }
		if err := a.query(ctx, "event_authors", []any{&no, &author}, found, chunk); err != nil {
			return err
		}
	}
	for key, n := range t.pairs {
		if author, known := t.writers[key.event]; known && n > 0 { // else it was erased meanwhile
			t.sketch("relay", strconv.Itoa(int(key.relay)), author)
		}
	}
	return nil
}

// sketchRows bounds the sketches that are merged at once: a full one has 16 KiB.
const sketchRows = 500

// storeSketches merges the sketches of the tally into those that are stored. Merging twice is merging once.
func (t *tally) storeSketches(ctx context.Context, a *apply) error {
	var keys []sketchKey
	for key := range t.sketches {
		keys = append(keys, key)
	}
	for chunk := range slices.Chunk(keys, sketchRows) {
		if err := a.mergeStored(ctx, chunk, t.sketches); err != nil {
			return err
		}
		if err := a.putSketches(ctx, chunk, t.sketches); err != nil {
			return err
		}
	}
	return nil
}

func (a *apply) mergeStored(ctx context.Context, keys []sketchKey, sketches map[sketchKey]*hyperloglog.Sketch) error {
	dimensions, names := columnsOf(keys)
	var key sketchKey
	var bytes []byte
	var broken error
	err := a.query(ctx, "author_sketches", []any{&key.dimension, &key.key, &bytes}, func() {
		if err := merge(sketches[key], bytes); err != nil {
			broken = fmt.Errorf("read the sketch of %s %q: %w", key.dimension, key.key, err)
		}
	}, dimensions, names)
	if err == nil {
		err = broken
	}
	return err
}

func merge(into *hyperloglog.Sketch, bytes []byte) error {
	stored := hyperloglog.New14()
	if err := stored.UnmarshalBinary(bytes); err != nil {
		return err
	}
	return into.Merge(stored)
}

func (a *apply) putSketches(ctx context.Context, keys []sketchKey, sketches map[sketchKey]*hyperloglog.Sketch) error {
	dimensions, names := columnsOf(keys)
	var authors []int64
	var rows [][]byte
	for _, key := range keys {
		bytes, err := sketches[key].MarshalBinary()
		if err != nil {
			return fmt.Errorf("write the sketch of %s %q: %w", key.dimension, key.key, err)
		}
		authors, rows = append(authors, int64(sketches[key].Estimate())), append(rows, bytes)
	}
	return a.exec(ctx, "put_author_sketches", dimensions, names, authors, rows)
}

func columnsOf(keys []sketchKey) (dimensions, names []string) {
	for _, key := range keys {
		dimensions, names = append(dimensions, key.dimension), append(names, key.key)
	}
	return dimensions, names
}

// MergeNetworks makes the sketch of each network out of those of its relays. Needs the role of the refresher.
func (s *Store) MergeNetworks(ctx context.Context) (merged int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a, err := foldAlone(ctx, tx)
		if err != nil {
			return err
		}
		relays, err := a.relayNetworks(ctx)
		if err != nil {
			return err
		}
		sketches := map[sketchKey]*hyperloglog.Sketch{}
		for _, network := range relays {
			sketches[sketchKey{"network", network}] = nil
		}
		var keys []sketchKey
		for key := range sketches {
			keys = append(keys, key)
			if sketches[key], err = a.mergeAll(ctx, "network_sketches", key.key); err != nil {
				return err
			}
		}
		merged = len(keys)
		return a.putSketches(ctx, keys, sketches)
	})
	return merged, err
}

func foldAlone(ctx context.Context, tx pgx.Tx) (*apply, error) {
	a := &apply{tx: tx}
	return a, a.exec(ctx, "lock_fold")
}

// mergeAll merges the sketches that a statement returns.
func (a *apply) mergeAll(ctx context.Context, statement string, args ...any) (*hyperloglog.Sketch, error) {
	all := hyperloglog.New14()
	var bytes []byte
	var broken error
	err := a.query(ctx, statement, []any{&bytes}, func() {
		if err := merge(all, bytes); err != nil {
			broken = fmt.Errorf("%s: %w", statement, err)
		}
	}, args...)
	if err == nil {
		err = broken
	}
	return all, err
}
