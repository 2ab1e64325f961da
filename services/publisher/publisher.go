package publisher

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// announceEvery is how often the events about the monitor itself are looked at.
const announceEvery = time.Minute

// Publisher publishes. Any number may run; each shares the work of every publish relay.
type Publisher struct {
	cfg     Config
	self    Self
	network netconf.Config
	dialer  *relay.Dialer
	bus     *bus.Bus
	store   *store.Store // only read
	log     *slog.Logger

	key     event.Key
	relays  []relay.URL
	backOff time.Duration // from a publish relay that could not be asked, at first
}

// New takes as options what netconf.Config.Options made of the network's settings.
func New(cfg Config, self Self, network netconf.Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Publisher {
	return &Publisher{cfg: cfg, self: self, network: network, dialer: relay.NewDialer(options), bus: b, store: s, log: log,
		backOff: firstBackOff}
}

// Run publishes until ctx ends, and returns nil then. The error is that of a setting. Without a key or a publish relay it says so
// and waits.
func (p *Publisher) Run(ctx context.Context) (err error) {
	if p.relays, err = p.cfg.relays(); err != nil {
		return err
	}
	key, err := p.cfg.key(p.self)
	switch {
	case err != nil:
		return err
	case len(p.relays) == 0:
		p.log.Info("Nothing is published: MONITOR_PUBLISH_RELAYS is empty")
	case key == nil:
		p.log.Warn("Nothing is published: MONITOR_PRIVATE_KEY is not set")
	default:
		p.key = *key
		return p.publish(ctx)
	}
	<-ctx.Done()
	return nil
}

func (p *Publisher) publish(ctx context.Context) error {
	p.log.Info("Results are being published", app.Count, len(p.relays))
	group, ctx := errgroup.WithContext(ctx)
	for _, url := range p.relays {
		t := p.newTarget(url)
		group.Go(func() error { defer t.close(); return p.follow(ctx, t) })
		group.Go(func() error { p.announce(ctx, t); return nil })
	}
	return group.Wait()
}

// follow publishes what relays are like to one publish relay, at that one's pace.
func (p *Publisher) follow(ctx context.Context, t *target) error {
	author := p.key.PubKey().String()[:16] // another key begins anew
	reader := feed.Reader{
		Bus: p.bus, Store: p.store, Vantage: p.network.Vantage, MaxAge: p.cfg.Heartbeat,
		Consumer: subject.FactConsumer("publisher", subject.StartLast, p.network.Vantage, author, string(t.url)),
		Passed:   func(reason string) { count(kindDiscovery, reason) },
	}
	return reader.Follow(ctx, func(ctx context.Context, check feed.Check) error { return p.discover(ctx, t, check) })
}

// announce publishes the events about the monitor itself when they changed or are old.
func (p *Publisher) announce(ctx context.Context, t *target) {
	for pause := time.Duration(0); app.Sleep(ctx, app.Jitter(pause, backOffSpread)); {
		t.await(ctx)
		pause = announceEvery
		if err := p.introduce(ctx, t); err != nil {
			pause = putOff
		}
	}
}

// introduce offers each of the events about the monitor.
func (p *Publisher) introduce(ctx context.Context, t *target) error {
	for _, d := range p.announcements(time.Now()) {
		if err := p.offer(ctx, t, "", d, p.cfg.Profile); err != nil {
			return err
		}
	}
	return nil
}
