package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// task takes one turn at one relay, under its lease. The visit is on INGEST and the next task
// is scheduled before it returns nil.
func (s *Synchronizer) task(ctx context.Context, d *bus.Delivery) error {
	task, err := bus.ParseTask(d.Body)
	if err != nil {
		return bus.Discard("bad_task", err)
	}
	lease, err := s.bus.Lease(ctx, "sync."+subject.Token(task.URL))
	if held, ok := errors.AsType[*bus.HeldError](err); ok {
		return bus.Retry(held.Remaining, err) // never acked: its holder may be dead
	}
	if err != nil {
		return err
	}
	defer lease.Release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-lease.Lost():
			cancel()
		case <-ctx.Done():
		}
	}()
	relaysWalked.Inc()
	defer relaysWalked.Dec()
	return s.turn(ctx, task)
}

// turn visits the relay and schedules the next visit.
func (s *Synchronizer) turn(ctx context.Context, task bus.Task) error {
	before, err := s.store.LastVisit(ctx, task.URL, subject.JobSync)
	if err != nil {
		return err
	}
	visit := &ingest.Visit{
		Relay: task.URL, Vantage: s.network.Vantage, Job: subject.JobSync,
		StartedAt: time.Now().Unix(), Rejected: map[string]uint64{},
	}
	err = s.visit(ctx, task, visit)
	outcome, reason, ours := judge(err)
	if ours {
		return fmt.Errorf("walk relay: %w", err)
	}
	now := time.Now()
	next := now.Add(app.Jitter(s.cfg.next(outcome, reason, visit.NewEvents > 0, before), 0.1))
	visit.EndedAt, visit.Outcome, visit.Reason, visit.NextAt = now.Unix(), outcome, reason, next.Unix()
	if err := s.publish(ctx, subject.IngestPages, &ingest.Batch{Visits: []*ingest.Visit{visit}}); err != nil {
		return err
	}
	turnsTaken.WithLabelValues(outcome, reason).Inc()
	s.log.Info("Relay was visited", app.Relay, app.Quote(task.URL), app.Outcome, outcome, app.Reason, reason,
		app.New, visit.NewEvents, app.Known, visit.KnownEvents, app.Requests, visit.Requests,
		app.Took, now.Sub(time.Unix(visit.StartedAt, 0)).Milliseconds())
	task.ReadableAt = 0
	return s.bus.Later(ctx, subject.JobSync, task, next)
}

// visit walks what is due at the relay. Its error is the relay's or ours; judge tells.
func (s *Synchronizer) visit(ctx context.Context, task bus.Task, visit *ingest.Visit) error {
	url := relay.URL(task.URL)
	readable, err := s.readable(ctx, task)
	if err != nil {
		return err
	}
	if !readable {
		return errNotReadable
	}
	asker := s.asker(url)
	defer asker.hangUp()
	defer func() {
		visit.Requests, visit.Bytes = uint32(asker.requests), uint64(asker.bytes)
		requestsSent.Add(float64(asker.requests))
		bytesReceived.Add(float64(asker.bytes))
	}()
	if err := s.learn(ctx, asker); err != nil {
		return err
	}
	order := asker.manners.order
	walker := &walker{
		asker: asker, authors: map[event.PubKey]struct{}{},
		deadline: time.Now().Add(s.network.Limits(url.Network()).Quantum),
	}
	for _, filter := range s.filters { // one after the other: they never share a limit
		err = s.walk(ctx, walker, filter, visit)
		if err != nil {
			break
		}
	}
	if asker.manners.order != order {
		err = errors.Join(err, s.forget(ctx, asker))
	}
	return err
}

func (s *Synchronizer) walk(ctx context.Context, w *walker, filter event.Filter, visit *ingest.Visit) error {
	covered, err := s.store.Coverage(ctx, string(w.url), filter.Canonical())
	if err != nil {
		return err
	}
	sink := &sink{Synchronizer: s, relay: string(w.url), filter: filter.Canonical(), visit: visit}
	w.asker.filter, w.prove = filter, sink.prove
	return w.walk(ctx, todo(covered, s.cfg.Start.Time, time.Now(), s.cfg.Lookback))
}

func (s *Synchronizer) asker(url relay.URL) *asker {
	limits := s.network.Limits(url.Network())
	pace := rate.Inf
	if s.cfg.MaxRequests > 0 {
		pace = rate.Limit(s.cfg.MaxRequests)
	}
	return &asker{
		dialer: s.dialer, url: url, limit: s.cfg.PageLimit,
		dialing: limits.CheckTimeout, idle: limits.RequestTimeout, longest: limits.Quantum,
		tries: s.cfg.Retries, pause: s.cfg.RetryPause, pace: rate.NewLimiter(pace, 2),
	}
}

// learn takes the relay's manners from the archive, or probes them.
func (s *Synchronizer) learn(ctx context.Context, a *asker) error {
	stored, err := s.store.Manners(ctx, string(a.url))
	if err != nil {
		return err
	}
	now := time.Now()
	if stored != nil && now.Sub(time.Unix(stored.ProbedAt, 0)) < s.cfg.trust(stored.Order) {
		a.manners = mannersFrom(stored)
		return nil
	}
	a.manners, err = probe(ctx, a, now)
	if err != nil {
		return err
	}
	if a.manners.cap == 0 {
		return nil // it had nothing to show; next time
	}
	return s.publish(ctx, subject.IngestManners, &ingest.Batch{Manners: []*ingest.Manners{a.manners.message(string(a.url), s.network.Vantage, now)}})
}

// distrusted is how long manners without an order are believed: walking by halves is dear, and an
// answer may have contradicted the order only once.
const distrusted = time.Hour

// trust says how long manners are believed.
func (c Config) trust(order string) time.Duration {
	if order == orderNone {
		return min(distrusted, c.MannersAge)
	}
	return c.MannersAge
}

// forget stores that an answer contradicted the order. It is newer than what the turn began with,
// or the writer would leave the old manners in place.
func (s *Synchronizer) forget(ctx context.Context, a *asker) error {
	now := time.Now().Add(time.Second)
	return s.publish(ctx, subject.IngestManners, &ingest.Batch{Manners: []*ingest.Manners{a.manners.message(string(a.url), s.network.Vantage, now)}})
}

// readable says whether the monitor read from the relay lately, or need not have.
func (s *Synchronizer) readable(ctx context.Context, task bus.Task) (bool, error) {
	if !s.cfg.RequireReadable || time.Since(time.Unix(task.ReadableAt, 0)) < s.cfg.MaxCheckAge {
		return true, nil
	}
	state, found, err := s.store.State(ctx, task.URL, s.network.Vantage)
	if err != nil {
		return false, err
	}
	return found && state.State == subject.FactUp && time.Since(state.CheckedAt) < s.cfg.MaxCheckAge, nil
}
