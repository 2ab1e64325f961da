package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/geoip"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/resolver"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// tools are what all rounds of a monitor share.
type tools struct {
	cfg      Config
	key      event.Key
	dialer   *relay.Dialer
	resolver *resolver.Resolver
	places   *geoip.Databases
	six      *struct{ public, private sixWorks }
}

func newTools(cfg Config, options relay.Options, log *slog.Logger) tools {
	return tools{cfg: cfg, dialer: relay.NewDialer(options), resolver: &resolver.Resolver{}, places: geoip.New(cfg.GeoCityDB, cfg.GeoASNDB, log), six: new(struct{ public, private sixWorks })}
}

// sharpen makes what a wrong setting can fail.
func (t *tools) sharpen() (err error) {
	if t.key, err = t.cfg.key(); err != nil {
		return err
	}
	if t.resolver, err = resolver.New(t.cfg.DNSServers); err != nil {
		return fmt.Errorf("read MONITOR_DNS_SERVERS: %w", err)
	}
	return nil
}

// keeps says whether the results of a check are to be stored.
func (t *tools) keeps(name string) bool {
	return len(t.cfg.Store) == 0 || slices.Contains(t.cfg.Store, name)
}

// sayUnmeasured says once what no result will say again and again.
func (m *Monitor) sayUnmeasured() {
	for check, path := range map[string]string{document.Geo: m.cfg.GeoCityDB, document.Net: m.cfg.GeoASNDB} {
		if path == "" {
			m.log.Info("Check is not measured: no GeoIP database is set", app.CheckName, check)
		}
	}
}

// due are the checks of a round that is made now. What a relay is able to do is tried seldom; when it was tried last is
// not known while Postgres does not say, and then it is not tried; nor is it at a relay that failed in its last round.
func (m *Monitor) due(ctx context.Context, url relay.URL, before store.State) []check {
	made := m.cfg.made()
	if before.Failures > 0 {
		return without(made, document.Capabilities)
	}
	last, err := m.store.DocumentSeen(ctx, string(url), m.network.Vantage, document.Capabilities)
	if err == nil && time.Since(last) >= m.cfg.CapabilitiesInterval {
		return made
	}
	return without(made, document.Capabilities)
}

func without(list []check, name string) []check {
	return slices.DeleteFunc(slices.Clone(list), func(c check) bool { return c.name == name })
}
