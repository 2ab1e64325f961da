package synchronizer

import (
	"context"
	"log/slog"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Synchronizer walks relays and follows them live. Any number may run.
type Synchronizer struct {
	cfg      Config
	network  netconf.Config
	dialer   *relay.Dialer
	budget   *budget.Gate
	bus      *bus.Bus
	store    *store.Store
	log      *slog.Logger
	verifier *verifier

	// What Run reads and makes.
	lists     lists
	key       *event.Key
	followers map[relay.Network]chan struct{} // a slot for each live subscription
	tail      *tail
	listening sync.Map // relay.URL → chan struct{}: sessions that wait for their next turn
	refusals  sync.Map // relay.URL → *refusals: what came live in vain since the relay's last turn
}

// New takes as options what netconf.Config.Options made of the network's settings. The store is only read.
func New(cfg Config, network netconf.Config, options relay.Options, gate *budget.Gate, b *bus.Bus, s *store.Store, log *slog.Logger) *Synchronizer {
	return &Synchronizer{
		cfg: cfg, network: network, dialer: relay.NewDialer(options), budget: gate, bus: b, store: s, log: log,
		verifier: newVerifier(s.Signatures),
	}
}

// Run works through the sync tasks of every network that is on until ctx ends, and hands over what
// it has heard until then.
func (s *Synchronizer) Run(ctx context.Context) error {
	if err := s.prepare(); err != nil {
		return err
	}
	var tail sync.WaitGroup
	tail.Go(func() { s.tail.run(ctx) })
	err := s.work(ctx)
	close(s.tail.stop)
	tail.Wait()
	return err
}

func (s *Synchronizer) prepare() (err error) {
	if s.lists, err = readLists(s.cfg); err != nil {
		return err
	}
	if s.key, err = s.cfg.key(); err != nil {
		return err
	}
	s.tail, s.followers = newTail(s), map[relay.Network]chan struct{}{}
	for _, network := range relay.Networks() {
		s.followers[network] = make(chan struct{}, s.network.Limits(network).LiveRelays)
	}
	return nil
}

// work returns when every session has ended.
func (s *Synchronizer) work(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, network := range relay.Networks() {
		if !s.network.Enabled(network) {
			continue
		}
		consumer := subject.JobConsumer(subject.JobSync, string(network))
		group.Go(func() error {
			return s.bus.Each(ctx, consumer, s.network.Limits(network).MaxRelays, s.session)
		})
	}
	if s.cfg.Audit > 0 {
		group.Go(func() error { return s.draw(ctx) })
	}
	return group.Wait()
}

// policy returns what holds for a relay.
func (s *Synchronizer) policy(url relay.URL) policy {
	return s.lists.policy(url, s.cfg, s.network.Limits(url.Network()))
}
