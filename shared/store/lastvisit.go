package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// LastVisit returns for how long a relay was to be left alone after the last turn of a job;
// 0 = there was none.
func (s *Store) LastVisit(ctx context.Context, relayURL, job string) (pause time.Duration, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		pause = 0
		var ended int64
		var next *int64
		return query(ctx, tx, "last_visit", []any{&ended, &next}, func() {
			if next != nil {
				pause = time.Duration(*next-ended) * time.Second
			}
		}, relayURL, job)
	})
	return pause, err
}
