package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// AuditSample is a point of an interval that is settled.
type AuditSample struct {
	Relay, Network, Filter string
	Since, Until           int64 // from where the interval begins to the point, both in unix seconds and included
}

// AuditSamples returns up to n random points of settled coverage: proven by EOSE, finish or negentropy on a day before
// settledBefore's, and older than the lookback before that day, which is provisional. Only relays that are up or
// were never checked are sampled. A relay has its turn whatever it has of coverage, and at most 50 of them.
func (s *Store) AuditSamples(ctx context.Context, n int, settledBefore time.Time, lookback time.Duration) (samples []AuditSample, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		samples = nil
		var one AuditSample
		return query(ctx, tx, "audit_samples", []any{&one.Relay, &one.Network, &one.Filter, &one.Since, &one.Until},
			func() { samples = append(samples, one) }, n, settledBefore.UTC().Truncate(24*time.Hour), int64(lookback/time.Second))
	})
	return samples, err
}
