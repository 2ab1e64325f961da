package synchronizer

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Synchronizer walks relays. Any number may run.
type Synchronizer struct {
	cfg      Config
	network  netconf.Config
	dialer   *relay.Dialer
	bus      *bus.Bus
	store    *store.Store
	log      *slog.Logger
	verifier *verifier
	filters  []event.Filter
}

// New takes as options what netconf.Config.Options made of the network's settings. The store is only read.
func New(cfg Config, network netconf.Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Synchronizer {
	return &Synchronizer{
		cfg: cfg, network: network, dialer: relay.NewDialer(options), bus: b, store: s, log: log,
		verifier: newVerifier(s.Signatures), filters: []event.Filter{{}},
	}
}

// Run works through the sync tasks of every network that is on until ctx ends.
func (s *Synchronizer) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, network := range relay.Networks() {
		if !s.network.Enabled(network) {
			continue
		}
		consumer := subject.JobConsumer(subject.JobSync, string(network))
		group.Go(func() error {
			return s.bus.Each(ctx, consumer, s.network.Limits(network).MaxRelays, s.task)
		})
	}
	return group.Wait()
}
