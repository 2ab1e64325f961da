package refresher

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	lease = "refresher"
	// leaseRetry is when a lease that could not be asked for is asked for again.
	leaseRetry = 5 * time.Second
	// paceSpread is the share of a pause that chance decides.
	paceSpread = 0.1
	// slowest is how many turns a job that keeps failing waits at most.
	slowest = 16
)

// Refresher works. Any number of them may run.
type Refresher struct {
	cfg   Config
	bus   *bus.Bus
	store *store.Store
	log   *slog.Logger
}

// New prepares a refresher; the store must be of its role.
func New(cfg Config, b *bus.Bus, s *store.Store, log *slog.Logger) *Refresher {
	return &Refresher{cfg: cfg, bus: b, store: s, log: log}
}

// Run works whenever it holds the lease, until ctx ends.
func (r *Refresher) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		held, err := r.bus.Lease(ctx, lease)
		if err != nil {
			app.Sleep(ctx, app.Jitter(r.patience(ctx, err), paceSpread))
			continue
		}
		r.lead(ctx, held)
		held.Release()
	}
	return nil
}

// patience is how long to wait for a lease.
func (r *Refresher) patience(ctx context.Context, err error) time.Duration {
	if other, ok := errors.AsType[*bus.HeldError](err); ok {
		return other.Remaining
	}
	if ctx.Err() == nil {
		r.log.Warn("Lease could not be taken; trying again", app.Wait, leaseRetry.Milliseconds(), app.Err, err)
	}
	return leaseRetry
}

// lead runs all jobs, each by itself, until the lease is lost or ctx ends.
func (r *Refresher) lead(ctx context.Context, held *bus.Lease) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	for _, j := range r.jobs() {
		running.Go(func() { r.often(ctx, j) })
	}
	select {
	case <-held.Lost():
		r.log.Warn("Lease was lost; another refresher may work now")
	case <-ctx.Done():
	}
	stop()
	running.Wait()
}

// often runs a job at once and then at its pace. Each failure in a row doubles the pause.
func (r *Refresher) often(ctx context.Context, j job) {
	failures := 1
	for ctx.Err() == nil {
		if r.once(ctx, j) {
			failures = 1
		} else {
			failures = min(2*failures, slowest)
		}
		app.Sleep(ctx, app.Jitter(j.every*time.Duration(failures), paceSpread))
	}
}

// once runs a job and remembers how it went.
func (r *Refresher) once(ctx context.Context, j job) bool {
	began := time.Now()
	did, err := j.run(ctx)
	if ctx.Err() != nil {
		return false
	}
	took := time.Since(began)
	j.observe(began, took, did, err)
	if err != nil {
		r.log.Warn("Job of the refresher failed; the others go on", app.Job, j.name, app.Err, err)
	}
	note := store.Upkeep{Name: j.name, SucceededAt: began, Took: took, Did: int64(did), FailedAt: began}
	if noteErr := r.store.NoteUpkeep(ctx, note, err); noteErr != nil && err == nil && ctx.Err() == nil {
		r.log.Warn("Outcome of a job could not be noted", app.Job, j.name, app.Err, noteErr)
	}
	return err == nil
}
