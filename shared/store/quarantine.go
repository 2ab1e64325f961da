package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"
)

// quarantined is something that cannot be stored, byte for byte.
type quarantined struct {
	raw    []byte // an event as JSON, or a part of a batch as protobuf
	reason string
	relay  string
}

func (a *apply) writeQuarantine(ctx context.Context) error {
	a.written.Quarantined += len(a.plan.quarantine)
	return a.quarantine(ctx, a.plan.quarantine, a.plan.opts.Now)
}

func (a *apply) quarantine(ctx context.Context, items []quarantined, now time.Time) error {
	if len(items) == 0 {
		return nil
	}
	var sums, raws [][]byte
	var reasons []string
	var relays []*string
	for _, q := range items {
		sum := sha256.Sum256(q.raw)
		sums, raws = append(sums, sum[:]), append(raws, q.raw)
		reasons, relays = append(reasons, short(q.reason, maxReason)), append(relays, orNull(short(q.relay, maxURL)))
	}
	return a.exec(ctx, "insert_quarantine", sums, raws, reasons, relays, now.Unix())
}

// Quarantine keeps bytes that nothing could be done with, such as a batch that a mistake of ours makes impossible to
// write. The same bytes are kept once.
func (s *Store) Quarantine(ctx context.Context, raw []byte, reason string) error {
	return s.write(ctx, func(tx pgx.Tx) error {
		a := apply{tx: tx}
		return a.quarantine(ctx, []quarantined{{raw: raw, reason: reason}}, time.Now())
	})
}
