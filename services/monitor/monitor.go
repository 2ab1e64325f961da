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
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// putOff is the delay of a task whose round could not be begun or handed over because Postgres or NATS was not ready.
// Sooner would only burden relays with rounds that nobody gets to see.
const putOff = time.Minute

// Monitor checks relays. Any number of them may run, each once.
type Monitor struct {
	cfg     Config
	network netconf.Config
	dialer  *relay.Dialer
	bus     *bus.Bus
	store   *store.Store
	log     *slog.Logger
	key     event.Key
}

// New takes as options what netconf.Config.Options made of the network's settings. The store is only read.
func New(cfg Config, network netconf.Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Monitor {
	return &Monitor{cfg: cfg, network: network, dialer: relay.NewDialer(options), bus: b, store: s, log: log}
}

// Run checks relays of every network that is on until ctx ends, and returns nil then. The error is that of a setting.
func (m *Monitor) Run(ctx context.Context) error {
	var err error
	if m.key, err = m.cfg.key(); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, network := range relay.Networks() {
		if m.network.Enabled(network) {
			group.Go(func() error { return m.watch(ctx, network) })
		}
	}
	return group.Wait()
}

// watch works on the tasks of one network.
func (m *Monitor) watch(ctx context.Context, network relay.Network) error {
	m.log.Info("Relays are being checked", app.Network, network)
	consumer := subject.JobConsumer(subject.JobCheck, string(network))
	return m.bus.Each(ctx, consumer, m.network.Limits(network).MaxRelays, m.handle)
}

// handle does one task and counts what came of it.
func (m *Monitor) handle(ctx context.Context, d *bus.Delivery) error {
	outcome, err := m.check(ctx, d)
	roundsMade.WithLabelValues(outcome).Inc()
	return err
}

// check makes one round of checks and hands it over, unless it says nothing about the relay: because of a stop, because
// our proxy is away, or because our deny list keeps us from asking.
func (m *Monitor) check(ctx context.Context, d *bus.Delivery) (outcome string, err error) {
	task, url, err := balls.ReadTask(d.Body, m.dialer.Parser())
	if err != nil {
		return outcomeBadTask, bus.Discard("bad_task", err)
	}
	before, known, err := m.store.State(ctx, string(url), m.network.Vantage)
	if err != nil {
		return outcomeUnread, m.later(ctx, err)
	}
	r := m.round(ctx, url, before)
	if ctx.Err() != nil {
		return outcomeStopped, ctx.Err()
	}
	ctx = context.WithoutCancel(ctx) // a finished round is handed over also during a stop
	switch failed, _ := errors.AsType[*relay.Error](r.failure("open")); {
	case failed != nil && failed.Class == relay.ClassNoProxy:
		return outcomeNoProxy, m.later(ctx, failed)
	case failed != nil && failed.Class == relay.ClassDenied:
		return outcomeDenied, m.throw(ctx, task, false, r.at.Add(slowestCheck))
	}
	// A redelivered task may be one that crashed after its state was written and before the rest.
	fresh := !known || before.State != up || d.Deliveries > 1
	return m.tell(ctx, task, r, before, known, fresh)
}

// tell hands a round over. The order of its steps is the guarantee of the package. fresh says that nobody may have
// thrown a synchronization of the relay yet.
func (m *Monitor) tell(ctx context.Context, task bus.Task, r *round, before store.State, known, fresh bool) (outcome string, err error) {
	seen := judge(r.failure("open"), r.failure("read"), r.challenged, r.url.Secure())
	after := decide(before, known, seen, r.at)
	at := next(after, m.cfg.Interval)
	if err := m.bus.Ingest(ctx, subject.IngestChecks, r.report(m.network.Vantage, after, at)); err != nil {
		return outcomeUnsent, m.later(ctx, err)
	}
	if after.Since.Equal(r.at) {
		statesSeen.WithLabelValues(after.State).Inc()
	}
	if err := m.throw(ctx, task, seen == up && fresh, at); err != nil {
		return outcomeNotThrown, m.later(ctx, err)
	}
	return outcomeDone, nil
}

// round makes a round. A relay that failed in its last round is asked everything once: repetitions tell a hiccup from a
// failure, and a dead relay must cost little.
func (m *Monitor) round(ctx context.Context, url relay.URL, before store.State) *round {
	start := time.Now()
	r := &round{
		url: url, at: start.Truncate(time.Second), dialer: m.dialer, key: m.key,
		timeout: m.network.Limits(url.Network()).CheckTimeout,
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

// throw makes the first synchronization due, if the relay has become readable, and schedules the next check.
func (m *Monitor) throw(ctx context.Context, task bus.Task, readable bool, at time.Time) error {
	task.Tries = 0 // they counted validations
	if readable {
		walk := task
		walk.ReadableAt = time.Now().Unix() // the result may reach Postgres after the task
		if _, err := m.bus.NowIfMissing(ctx, subject.JobSync, walk); err != nil {
			return err
		}
	}
	return m.bus.Later(ctx, subject.JobCheck, task, at)
}

// later puts a task off for a reason that is not the relay's; a stop hands it back at once.
func (m *Monitor) later(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return bus.Retry(putOff, err)
}
