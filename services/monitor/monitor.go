package monitor

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// putOff is the delay of a task whose round could not be begun or handed over because Postgres or NATS was not ready.
// Sooner would only burden relays with rounds that nobody gets to see.
const putOff = time.Minute

// patience is how long a round may keep others from its slot before its relay is open.
const patience = 250 * time.Millisecond

// Monitor checks relays. Any number of them may run, each once.
type Monitor struct {
	tools
	network netconf.Config
	bus     *bus.Bus
	store   *store.Store
	log     *slog.Logger
	pace    pace

	canaries map[relay.Network]*canaries
}

// New takes as options what netconf.Config.Options made of the network's settings. The store is only read.
func New(cfg Config, network netconf.Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Monitor {
	return &Monitor{tools: newTools(cfg, options, log), network: network, bus: b, store: s, log: log, pace: realPace}
}

// Run checks relays of every network that is on until ctx ends, and returns nil then. The error is that of a setting.
func (m *Monitor) Run(ctx context.Context) error {
	if err := m.sharpen(); err != nil {
		return err
	}
	lists, err := readCanaries(m.cfg.Canaries, m.dialer.Parser())
	if err != nil {
		return err
	}
	m.sayUnmeasured()
	group, ctx := errgroup.WithContext(ctx)
	m.keep(ctx, group, lists)
	m.besideMain(ctx, group)
	group.Go(func() error { return m.bus.Serve(ctx, subject.RelayCheck, newWishes(m).answer) })
	for _, network := range relay.Networks() {
		if m.network.Enabled(network) {
			group.Go(func() error { return m.watch(ctx, network) })
		}
	}
	return group.Wait()
}

// keep sets the canaries of the networks that are on.
func (m *Monitor) keep(ctx context.Context, group *errgroup.Group, lists map[relay.Network][]relay.URL) {
	m.canaries = map[relay.Network]*canaries{}
	for network, urls := range lists {
		if !m.network.Enabled(network) {
			continue
		}
		c := newCanaries(network, urls, m.cfg.Canaries != canariesShipped, m.askCanary, m.log)
		m.canaries[network] = c
		group.Go(func() error { c.prove(ctx); return nil })
	}
}

// watch works on the tasks of one network.
func (m *Monitor) watch(ctx context.Context, network relay.Network) error {
	m.log.Info("Relays are being checked", app.Network, network)
	limits := m.network.Limits(network)
	return m.bus.Work(ctx, m.job(), string(network), limits.MaxRelays, limits.MaxWaiting, m.handle)
}

// handle does one task and counts what came of it.
func (m *Monitor) handle(ctx context.Context, d *bus.Delivery) error {
	outcome, err := m.check(ctx, d)
	roundsMade.WithLabelValues(outcome).Inc()
	return err
}

// check makes one round of checks and hands it over, unless it says nothing about the relay: because of a stop, because
// our proxy is away, or because our own bounds or our deny list keep us from asking.
func (m *Monitor) check(ctx context.Context, d *bus.Delivery) (outcome string, err error) {
	task, url, err := balls.ReadTask(d.Body, m.dialer.Parser())
	if err != nil {
		return outcomeBadTask, bus.Discard("bad_task", err)
	}
	before, known, err := m.store.State(ctx, string(url), m.network.Vantage)
	if err != nil {
		return outcomeUnread, m.later(ctx, err)
	}
	countDelay(before, time.Since(d.PublishedAt))
	leave := d.ParkAfter(patience)
	defer leave()
	r := m.round(ctx, url, before, m.opened(ctx, d, task, leave))
	if ctx.Err() != nil {
		return outcomeStopped, ctx.Err()
	}
	if busy := r.busy(); busy != nil {
		return outcomeBusy, m.later(ctx, busy)
	}
	switch failed, _ := errors.AsType[*relay.Error](r.failure("open")); {
	case failed != nil && failed.Class == relay.ClassNoProxy:
		return outcomeNoProxy, m.later(ctx, failed)
	case failed != nil && failed.Class == relay.ClassDenied:
		return outcomeDenied, m.throw(ctx, task, before, false, r.at.Add(m.pace.slowest))
	}
	v := m.verdict(ctx, r, before, known)
	if ctx.Err() != nil {
		return outcomeStopped, ctx.Err()
	}
	ctx = context.WithoutCancel(ctx) // a finished round is handed over also during a stop
	// A redelivered task may be one that crashed after its state was written and before the rest.
	fresh := !known || before.State != up || d.Deliveries > 1
	return m.tell(ctx, task, r, v, fresh)
}

// opened is what happens once the relay is open: one that did not fail last time takes a slot again, so that what is measured
// from here on is not measured beside a thousand others. It takes what its turn takes.
func (m *Monitor) opened(ctx context.Context, d *bus.Delivery, task bus.Task, leave func()) func() {
	if task.Tries > 0 {
		return func() {}
	}
	return func() {
		leave()
		_ = d.Unpark(ctx) // a stop ends the round by itself
	}
}

// tell hands a round over. The order of its steps is the guarantee of the package. fresh says that nobody may have
// thrown a synchronization of the relay yet.
func (m *Monitor) tell(ctx context.Context, task bus.Task, r *round, v verdict, fresh bool) (outcome string, err error) {
	if err := m.bus.Ingest(ctx, subject.IngestChecks, v.mark(r.report(m.network.Vantage, v.after, v.next))); err != nil {
		return outcomeUnsent, m.later(ctx, err)
	}
	if v.after.Since.Equal(r.at) && !v.degraded {
		statesSeen.WithLabelValues(v.after.State).Inc()
	}
	if err := m.throw(ctx, task, v.after, v.seen == up && fresh, v.next); err != nil {
		return outcomeNotThrown, m.later(ctx, err)
	}
	if v.degraded {
		return outcomeDegraded, nil
	}
	return outcomeDone, nil
}

// round makes a round. A relay that failed in its last round is asked everything once: repetitions tell a hiccup from a
// failure, and a dead relay must cost little.
func (m *Monitor) round(ctx context.Context, url relay.URL, before store.State, opened func()) *round {
	start := time.Now()
	r := &round{
		url: url, at: start.Truncate(time.Second), timeout: m.network.Limits(url.Network()).CheckTimeout,
		checks: m.due(ctx, url, before), tools: &m.tools, opened: opened,
	}
	r.run(ctx, func(c check) uint {
		if before.Failures > 0 {
			return 0
		}
		return c.retries(m.cfg)
	})
	if ctx.Err() == nil {
		r.count(time.Since(start))
	}
	return r
}

// throw makes the first synchronization due, if the relay has become readable, and schedules the next check of a relay in a
// state.
func (m *Monitor) throw(ctx context.Context, task bus.Task, after store.State, readable bool, at time.Time) error {
	task.Tries = after.Failures
	if readable {
		walk := task
		walk.ReadableAt = time.Now().Unix() // the result may reach Postgres after the task
		if _, err := m.bus.NowIfMissing(ctx, subject.JobSync, walk); err != nil {
			return err
		}
	}
	return m.bus.Later(ctx, m.job(), task, at)
}

// later puts a task off for a reason that is not the relay's; a stop hands it back at once.
func (m *Monitor) later(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return bus.Retry(putOff, err)
}
