package validator

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// parkingSlots is how many relays of a network that is off are parked at the same time.
const parkingSlots = 8

// Validator tries candidates. Any number of them may run.
type Validator struct {
	backoff backoff
	network netconf.Config
	dialer  *relay.Dialer
	bus     *bus.Bus
	log     *slog.Logger
	now     func() time.Time
}

// New takes as options what netconf.Config.Options made of the network's settings.
func New(cfg Config, network netconf.Config, options relay.Options, b *bus.Bus, log *slog.Logger) *Validator {
	return &Validator{
		backoff: backoff{delays: cfg.Backoff, ceiling: cfg.BackoffMax, giveUp: cfg.GiveUp},
		network: network, dialer: relay.NewDialer(options), bus: b, log: log, now: time.Now,
	}
}

// Run works on every network until ctx ends.
func (v *Validator) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, network := range relay.Networks() {
		handle, slots, places := v.park, parkingSlots, 0
		if v.network.Enabled(network) {
			limits := v.network.Limits(network)
			handle, slots, places = v.try, limits.MaxRelays, limits.MaxWaiting
		}
		group.Go(func() error { return v.bus.Work(ctx, subject.JobValidate, string(network), slots, places, handle) })
	}
	return group.Wait()
}
