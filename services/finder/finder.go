package finder

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Keys that one generation of memory holds: some 10 MB each at the usual length of a URL.
const (
	recentURLs  = 50_000
	scannedURLs = 50_000
)

// Finder finds relays. Any number of them may run.
type Finder struct {
	cfg     Config
	vantage string
	bus     *bus.Bus
	store   *store.Store
	log     *slog.Logger

	dialer  *relay.Dialer
	parser  relay.Parser
	deny    relay.Denylist
	denied  func(relay.URL) bool // opted out; nil = nobody
	sources sourceNames
	recent  *recent // URLs, and URLs with their source, that the intake dealt with
	domains *domains
	scanner *scanner
	now     func() time.Time
}

// New takes the reader of the archive, and as options what netconf.Config.Options made of the network's settings.
func New(cfg Config, network netconf.Config, options relay.Options, b *bus.Bus, s *store.Store, log *slog.Logger) *Finder {
	dialer := relay.NewDialer(options)
	f := &Finder{
		cfg: cfg, vantage: network.Vantage, bus: b, store: s, log: log,
		dialer: dialer, parser: dialer.Parser(), deny: options.Deny, denied: options.Denied,
		sources: sourceNames{seen: map[string]bool{}},
		recent:  newRecent(recentURLs), now: time.Now, domains: newDomains(),
	}
	f.scanner = newScanner(f.parser, b, s)
	if cfg.NIP05 {
		f.scanner.profiles = f.domains.offer
	}
	return f
}

// Run works until ctx ends. It returns an error only when the list file is wrong or a consumer is not declared.
func (f *Finder) Run(ctx context.Context) error {
	lists, err := readSources(f.cfg.Sources)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.bus.Batches(ctx, subject.ConsumerIntake, intakeLimits, f.intake) })
	group.Go(func() error { return f.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, f.scanner.scan) })
	group.Go(func() error { return f.bus.Serve(ctx, subject.RelayAdd, f.add) })
	group.Go(func() error { f.keepLists(ctx, lists); return nil })
	group.Go(func() error {
		balls.Keep(ctx, f.bus, f.store, balls.Jobs(f.vantage), f.log, balls.Every, reconciled)
		return nil
	})
	if f.cfg.NIP05 {
		group.Go(func() error { f.keepDomains(ctx); return nil })
	}
	group.Go(func() error { f.keepOptOuts(ctx); return nil })
	return group.Wait()
}

func reconciled(made balls.Made) {
	reconciledAt.SetToCurrentTime()
	for job, n := range made {
		ballsMade.WithLabelValues(job).Add(float64(n))
	}
}
