package alerter

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// firstBackOff is how long a receiver is left alone that could not be reached.
const firstBackOff = 15 * time.Second

// Alerter tells. Any number may run; they share the work of every route.
type Alerter struct {
	cfg     Config
	network netconf.Config
	dialer  *relay.Dialer
	bus     *bus.Bus
	store   *store.Store // only read
	log     *slog.Logger
	backOff time.Duration

	key    *event.Key // nil = no private messages
	relays []relay.URL
}

// New takes as options what netconf.Config.Options made of the network's settings.
func New(cfg Config, network netconf.Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Alerter {
	return &Alerter{cfg: cfg, network: network, dialer: relay.NewDialer(options), bus: b, store: s, log: log, backOff: firstBackOff}
}

// Run tells until ctx ends, and returns nil then. The error is that of a setting. Without subscriptions it waits.
func (a *Alerter) Run(ctx context.Context) error {
	subscriptions, err := readSubscriptions(a.cfg.Subscriptions)
	if err := errors.Join(err, a.configure()); err != nil {
		return err
	}
	a.log.Info("Subscriptions to alerts were read", app.Count, len(subscriptions))
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { <-running.Done(); return nil }) // also without any subscription
	for _, s := range subscriptions {
		for _, r := range a.routes(s) {
			group.Go(func() error { return r.run(running) })
		}
	}
	return group.Wait()
}

// configure reads the key and the relays.
func (a *Alerter) configure() error {
	var noKey, noRelay error
	a.key, noKey = a.cfg.key()
	a.relays, noRelay = a.cfg.relays()
	return errors.Join(noKey, noRelay)
}

// routes are the ways of one subscription.
func (a *Alerter) routes(s *subscription) (routes []*route) {
	add := func(way string, send func(context.Context, Alert) error) {
		routes = append(routes, &route{subscription: s, Alerter: a, way: way, send: send})
	}
	if s.Webhook != "" {
		add(wayWebhook, func(ctx context.Context, alert Alert) error { return a.post(ctx, s.Webhook, s.secret, alert) })
	}
	if s.Nostr != "" {
		add(wayNostr, func(ctx context.Context, alert Alert) error { return a.whisper(ctx, s.receiver, alert) })
	}
	return routes
}
