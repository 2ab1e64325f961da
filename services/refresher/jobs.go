package refresher

import (
	"context"
	"time"
)

const (
	partitionsAhead = 3 // months
	slowly          = 10
	seldom          = time.Hour
	daily           = 24 * time.Hour
	partsAtOnce     = 10_000
	// rejectsAge is how long what a turn refused is kept for itself: the report of a turn is not repeated after that.
	rejectsAge = 7 * daily
	// replicationSteps bounds what one turn counts, however much writers change meanwhile: about 20 s of each five minutes.
	replicationSteps = 64
)

// job is one thing to do again and again.
type job struct {
	name  string
	every time.Duration
	run   func(context.Context) (did int, err error) // did = rows
}

// jobs is the table of everything that the refresher does.
func (r *Refresher) jobs() []job {
	now := time.Now
	return []job{
		{"counters", r.cfg.Interval, r.fold},
		{"windows", slowly * r.cfg.Interval, func(ctx context.Context) (int, error) { return r.store.CountWindows(ctx, now()) }},
		{"sketches", slowly * r.cfg.Interval, r.store.MergeNetworks},
		{"claims", slowly * r.cfg.Interval, func(ctx context.Context) (int, error) { return exhaust(ctx, r.store.ReadClaims) }},
		{"replication", slowly * r.cfg.Interval, r.countReplication},
		{"partitions", seldom, func(ctx context.Context) (int, error) { return r.store.MakeCheckPartitions(ctx, partitionsAhead) }},
		{"retention", seldom, r.retain},
		{"orphans", daily, func(ctx context.Context) (int, error) { return exhaust(ctx, r.store.DropOrphans) }},
	}
}

// fold takes changes until there are none.
func (r *Refresher) fold(ctx context.Context) (int, error) {
	return exhaust(ctx, func(ctx context.Context) (int, error) {
		done, err := r.store.Fold(ctx)
		return done.Deltas, err
	})
}

// countReplication counts what changed, or a part of it.
func (r *Refresher) countReplication(ctx context.Context) (did int, err error) {
	for range replicationSteps {
		n, err := r.store.CountReplication(ctx)
		if did += n; n == 0 || err != nil {
			return did, err
		}
	}
	return did, nil
}

// retain forgets what was kept long enough.
func (r *Refresher) retain(ctx context.Context) (did int, err error) {
	now := time.Now()
	if r.cfg.RetentionChecks > 0 {
		if did, err = r.store.DropChecks(ctx, now.Add(-r.cfg.RetentionChecks)); err != nil {
			return did, err
		}
	}
	rejects, err := exhaust(ctx, func(ctx context.Context) (int, error) { return r.store.FoldRejects(ctx, now.Add(-rejectsAge)) })
	if did += rejects; err != nil {
		return did, err
	}
	parts, err := exhaust(ctx, func(ctx context.Context) (int, error) {
		return r.store.DropOldParts(ctx, now.Add(-r.cfg.RetentionParts), partsAtOnce)
	})
	if did += parts; err != nil || r.cfg.RetentionQuarantine == 0 {
		return did, err
	}
	quarantined, err := exhaust(ctx, func(ctx context.Context) (int, error) {
		return r.store.DropQuarantined(ctx, now.Add(-r.cfg.RetentionQuarantine))
	})
	return did + quarantined, err
}

// exhaust repeats a step, each a transaction of its own, until it finds nothing to do.
func exhaust(ctx context.Context, step func(context.Context) (int, error)) (did int, err error) {
	for {
		n, err := step(ctx)
		if did += n; n == 0 || err != nil {
			return did, err
		}
	}
}
