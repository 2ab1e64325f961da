package balls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Every is the time between two passes, and leaseKey what a service holds that makes them.
const (
	Every    = 10 * time.Minute
	leaseKey = "reconciler"
)

// publishers bounds the balls that are thrown at the same time.
const publishers = 32

// Made counts the balls that one pass had to make, by job.
type Made map[string]int

// Total is the number of balls of all jobs.
func (m Made) Total() (n int) {
	for _, made := range m {
		n += made
	}
	return n
}

// Jobs are those of an installation whose relays are checked from one vantage.
func Jobs(vantage string) []string {
	return []string{subject.JobValidate, subject.CheckJob(vantage), subject.JobSync}
}

// Reconcile makes every ball of the jobs that the archive knows of and the bus does not have. On an error it returns what
// it made until then; the rest is for the next pass.
func Reconcile(ctx context.Context, b *bus.Bus, s *store.Store, jobs []string, log *slog.Logger) (Made, error) {
	made := Made{}
	for _, job := range jobs {
		n, err := reconcileJob(ctx, b, s, job)
		made[job] = n
		if n > 0 {
			log.Warn("Missing tasks were made again from the archive", app.Job, job, app.New, n)
		}
		if err != nil {
			return made, fmt.Errorf("reconcile %s: %w", job, err)
		}
	}
	return made, nil
}

func reconcileJob(ctx context.Context, b *bus.Bus, s *store.Store, job string) (int, error) {
	balls, err := b.Balls(ctx, job)
	if err != nil {
		return 0, err
	}
	var made atomic.Int64
	throwing, ctx := errgroup.WithContext(ctx)
	throwing.SetLimit(publishers)
	err = s.Jobs(ctx, job, func(j store.Job) error {
		if _, has := balls[subject.Token(j.URL)]; has {
			return ctx.Err()
		}
		throwing.Go(func() error { return throw(ctx, b, job, j, &made) })
		return ctx.Err()
	})
	if thrown := throwing.Wait(); thrown != nil {
		err = thrown // it ended the listing, too
	}
	if err != nil {
		return int(made.Load()), fmt.Errorf("make missing balls: %w", err)
	}
	return int(made.Load()), nil
}

// throw schedules one job at the time that the archive names, at once when that has passed.
func throw(ctx context.Context, b *bus.Bus, job string, j store.Job, made *atomic.Int64) error {
	at := j.NextAt
	if now := time.Now(); at.Before(now) {
		at = now
	}
	task := bus.Task{URL: j.URL, Network: string(relay.URL(j.URL).Network()), Tries: j.Tries}
	missing, err := b.LaterIfMissing(ctx, job, task, at)
	if missing {
		made.Add(1)
	}
	return err
}

// Keep runs a pass at once and then every so often until ctx ends, each under the lease of its jobs, so that replicas do not all do
// the same. A pass that fails is logged and tried again in its turn. After each success it calls done.
func Keep(ctx context.Context, b *bus.Bus, s *store.Store, jobs []string, log *slog.Logger, every time.Duration, done func(Made)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		made, err := leased(ctx, b, s, jobs, log)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("Reconciling tasks with the archive was put off", app.Err, err)
		case made != nil:
			done(made)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// leased makes one pass under the lease. It returns nil and no error when somebody else holds it.
func leased(ctx context.Context, b *bus.Bus, s *store.Store, jobs []string, log *slog.Logger) (Made, error) {
	lease, err := b.Lease(ctx, leaseKey+"_"+strings.Join(jobs, "_"))
	if _, held := errors.AsType[*bus.HeldError](err); held {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer lease.Release()
	return Reconcile(ctx, b, s, jobs, log)
}
