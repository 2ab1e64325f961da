package standalone

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

const (
	demoLive  = 2 * time.Second // between two live events
	demoPeek  = 2 * time.Second // between two looks at the first round
	demoRound = 4 * time.Minute // after which the table is printed in any case
	demoRelay = 40              // relays at once: all of them
	demoCheck = 3 * time.Second // for one check
	demoQuiet = 5 * time.Second // of a request without any frame
	demoPause = time.Minute     // between two visits of a relay
	demoRetry = 200 * time.Millisecond
)

// Demo is one demonstration: every service over a network of simulated relays.
type Demo struct {
	Network *simrelay.Network
	Exit    bool                            // end after the first round
	Table   func(rows []DemoRow, done bool) // called once, at the end of the first round; done = nothing is missing
}

// RunDemo is Run of all services over the demo's network, with servers of its own whatever the configuration says, so
// that no simulated event ever reaches a real archive. It alone opens loopback addresses to relays.
func RunDemo(ctx context.Context, cfg Config, d Demo, log *slog.Logger) error {
	cfg = demoConfig(cfg)
	if err := d.writeSeed(&cfg); err != nil {
		return err
	}
	chosen, err := choose([]string{All})
	if err != nil {
		return err
	}
	if cfg.Progress != nil {
		chosen = append(chosen, progressRecipe)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	watch := recipe{name: "demo", dsn: reading, conns: 1, build: func(p parts) app.Service {
		return &round{parts: p, demo: d, end: end}
	}}
	return run(ctx, cfg, append(chosen, watch), true, log)
}

// demoConfig shortens what is long on the real network.
func demoConfig(cfg Config) Config {
	cfg.Database, cfg.NATS.URL, cfg.NATS.Creds = Database{}, app.Secret{}, ""
	cfg.Network.AllowCIDRs = []string{"127.0.0.0/8"}
	cfg.Network.ClearnetCheckTimeout, cfg.Network.ClearnetRequestTimeout = demoCheck, demoQuiet
	cfg.Network.ClearnetMaxRelays = demoRelay
	cfg.Finder.Sources, cfg.Finder.NIP05 = "none", false
	cfg.Validator.Backoff = []time.Duration{10 * time.Second, 30 * time.Second, time.Minute}
	cfg.Monitor.Interval, cfg.Monitor.Canaries = demoPause, "none"
	cfg.Synchronizer.Interval, cfg.Synchronizer.RetryPause = demoPause, demoRetry
	cfg.Synchronizer.MaxRequests = 0
	return cfg
}

// writeSeed hands the relays to the initializer.
func (d Demo) writeSeed(cfg *Config) error {
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil {
		return fmt.Errorf("create DATA_DIR: %w", err)
	}
	cfg.Initializer.Seed = cfg.dir("seed.txt")
	if err := os.WriteFile(cfg.Initializer.Seed, []byte(strings.Join(d.Network.URLs(), "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("write the demo's seed: %w", err)
	}
	return nil
}

// round waits until every relay had its turn, shows what came of it, and lets new events trickle.
type round struct {
	parts
	demo Demo
	end  context.CancelFunc
}

// Run blocks until ctx ends.
func (r *round) Run(ctx context.Context) error {
	rows, done := r.wait(ctx)
	if ctx.Err() != nil {
		return nil
	}
	r.demo.Table(rows, done)
	if r.demo.Exit {
		r.end()
		return nil
	}
	r.demo.Network.Live(ctx, demoLive)
	<-ctx.Done()
	return nil
}

// wait looks until two looks in a row find every relay settled and nothing on the way to the archive.
func (r *round) wait(ctx context.Context) (rows []DemoRow, done bool) {
	until := time.Now().Add(demoRound)
	for quiet := 0; ; {
		if next, err := r.look(ctx); err == nil {
			rows = next
			if quiet++; !r.settled(ctx, rows) {
				quiet = 0
			}
		}
		late := time.Now().After(until)
		if (quiet >= 2 && !r.unfinished(rows, late)) || late || !app.Sleep(ctx, demoPeek) {
			return rows, !slices.ContainsFunc(rows, func(row DemoRow) bool { return !row.OK })
		}
	}
}

// unfinished says whether waiting longer may still bring what is missing: with Exit, a failed relay gets its next turn.
func (r *round) unfinished(rows []DemoRow, late bool) bool {
	return r.demo.Exit && !late && slices.ContainsFunc(rows, func(row DemoRow) bool {
		return row.Expect == string(simrelay.Complete) && !row.OK
	})
}

func (r *round) settled(ctx context.Context, rows []DemoRow) bool {
	status, err := Look(ctx, r.bus, r.store)
	if err != nil {
		return false
	}
	batches, _ := status.lag()
	return batches == 0 && !slices.ContainsFunc(rows, func(row DemoRow) bool { return !row.settled })
}
