package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// window is a stretch of time up to now.
type window struct {
	name    string
	seconds int64
	exact   bool // its authors are counted one by one
}

var windows = []window{{"1h", 3600, true}, {"24h", 86400, true}, {"7d", 7 * 86400, false}, {"30d", 30 * 86400, false}}

const daySeconds = 86400

// CountWindows counts what was created in the last hour, day, week and month. Needs the role of the refresher.
func (s *Store) CountWindows(ctx context.Context, now time.Time) (counted int, err error) {
	err = s.write(ctx, func(tx pgx.Tx) error {
		a, err := foldAlone(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range windows {
			if err := a.countWindow(ctx, w, now.Unix()); err != nil {
				return fmt.Errorf("count the last %s: %w", w.name, err)
			}
		}
		return nil
	})
	return len(windows), err
}

func (a *apply) countWindow(ctx context.Context, w window, now int64) error {
	since := now - w.seconds + 1
	var events, authors int64
	if err := a.query(ctx, "window_events", []any{&events}, func() {}, since, now); err != nil {
		return err
	}
	if w.exact {
		if err := a.query(ctx, "window_authors", []any{&authors}, func() {}, since, now); err != nil {
			return err
		}
	} else {
		sketch, err := a.mergeAll(ctx, "day_sketches", int32(since/daySeconds), int32(now/daySeconds))
		if err != nil {
			return err
		}
		authors = int64(sketch.Estimate())
	}
	return a.exec(ctx, "put_window", w.name, w.seconds, events, authors, now)
}
