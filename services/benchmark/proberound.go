package benchmark

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	schedulesPerSecond = 500             // that are surely published, on a slow disk, too
	leadTime           = 5 * time.Second // before the first round begins, beside that
	checksPerBatch     = 500
)

// remember writes what the last round of these relays, a day ago, may have come to: the live were up, the dead failed.
func (r *rig) remember(ctx context.Context, known []string) error {
	at := time.Now().Add(-24 * time.Hour).Unix()
	var checks []*ingest.Check
	for i, url := range known {
		c := &ingest.Check{Relay: url, Vantage: "main", CheckedAt: at, State: "up", StateSince: at, NextCheckAt: at}
		if i >= len(r.crowd.urls) {
			c.State, c.Failures, c.FailingSince = "down", 9, at-86400
		}
		checks = append(checks, c)
	}
	for part := range slices.Chunk(checks, checksPerBatch) {
		if err := r.bus.Ingest(ctx, subject.IngestChecks, &ingest.Batch{Checks: part}); err != nil {
			return err
		}
	}
	return r.drain(ctx)
}

// mixed puts the dead between the living, as evenly as their numbers allow.
func mixed(live, dead []string) (all []string) {
	n := len(live) + len(dead)
	for i := range n {
		if alive := i * len(live) / n; alive < (i+1)*len(live)/n {
			all = append(all, live[alive])
		} else {
			all = append(all, dead[i-alive])
		}
	}
	return all
}

// probe has all of these relays checked, due in the same second, and measures until the last result is in Postgres.
func (r *rig) probe(ctx context.Context, urls []string) (round ProbeRound, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	due := time.Now().Add(leadTime + time.Second*time.Duration(len(urls)/schedulesPerSecond)).Truncate(time.Second)
	if _, err := r.crowd.met(ctx, r); err != nil { // forget who was met before
		return round, err
	}
	counted, err := r.counted(ctx, roundsDone)
	if err != nil {
		return round, err
	}
	queued, err := r.queued(ctx)
	if err != nil {
		return round, err
	}
	if err := r.schedule(ctx, urls, due); err != nil {
		return round, err
	}
	from, err := r.use(ctx)
	if err != nil {
		return round, err
	}
	pid := r.named(r.worker).cmd.Process.Pid
	stop := watchSockets(pid)
	err = errors.Join(r.awaitCount(ctx, roundsDone, int(counted)+len(urls)), r.drain(ctx))
	round.Wall, round.Sockets, round.RSS = time.Since(due).Seconds(), stop(), residentOf(pid)
	if err != nil {
		return round, err
	}
	to, err := r.use(ctx)
	if err != nil {
		return round, err
	}
	round.CPU, round.Cores, round.BusyCores = (to.cpu[r.worker] - from.cpu[r.worker]).Seconds(), r.cores(from, to), busyCores(from, to)
	begun, err := r.queued(ctx)
	if err != nil {
		return round, err
	}
	round.QueueP95 = within(0.95, queued, begun)
	return round, r.delays(ctx, due, &round)
}

// queueBounds are those of the monitor's own histogram of delays.
var queueBounds = []float64{0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900}

// queued counts the rounds of relays that answered last time by how long their tasks had waited: at most so many seconds each.
func (r *rig) queued(ctx context.Context) (counts []float64, err error) {
	for _, bound := range queueBounds {
		n, err := r.counted(ctx, fmt.Sprintf(`bigbrotr_monitor_start_delay_seconds_bucket{last="ok",le="%g"}`, bound))
		if err != nil {
			return nil, err
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// within returns the smallest bound that a share of what was counted in between kept, the largest if none.
func within(share float64, from, to []float64) float64 {
	last := len(queueBounds) - 1
	for i, bound := range queueBounds {
		if to[i]-from[i] >= share*(to[last]-from[last]) {
			return bound
		}
	}
	return queueBounds[last]
}

// schedule makes a check due at each relay at the same moment, which must not have passed when the last one is asked for. The
// tasks are those that monitor and reconciler make: of the dead they say that the last one failed.
func (r *rig) schedule(ctx context.Context, urls []string, due time.Time) error {
	dead := map[string]int{}
	for _, url := range r.crowd.graves {
		dead[url] = 1
	}
	group, publishing := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, url := range urls {
		group.Go(func() error {
			return r.bus.Later(publishing, r.job, bus.Task{URL: url, Network: string(relay.Clearnet), Tries: dead[url]}, due)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if late := time.Since(due); late > 0 {
		return fmt.Errorf("schedule %d checks: it took %s longer than planned", len(urls), late)
	}
	return nil
}

// delays asks the relays when they were visited. A schedule fires up to a second early: such a visit has no delay.
func (r *rig) delays(ctx context.Context, due time.Time, round *ProbeRound) error {
	met, err := r.crowd.met(ctx, r)
	if err != nil {
		return err
	}
	waits := make([]time.Duration, len(met))
	for i, at := range met {
		if at.IsZero() {
			return fmt.Errorf("ask relays for visits: live relay %d had none", i+1)
		}
		waits[i] = max(0, at.Sub(due))
	}
	slices.Sort(waits)
	round.DelayP50, round.DelayP95, round.DelayMax = quantile(waits, 0.5), quantile(waits, 0.95), quantile(waits, 1)
	return nil
}

// met returns when each live relay got its first connection since this was asked last; zero = it got none.
func (c *crowd) met(ctx context.Context, r *rig) (all []time.Time, err error) {
	for _, farm := range c.farms {
		_ = os.Remove(filepath.Join(r.dir, farm.name) + ".met")
	}
	if err := c.tell("met"); err != nil {
		return nil, err
	}
	for _, farm := range c.farms {
		var text []byte
		err := poll(ctx, func() (bool, error) {
			var missing error
			text, missing = os.ReadFile(filepath.Join(r.dir, farm.name) + ".met")
			return missing == nil, r.alive()
		})
		if err != nil {
			return nil, fmt.Errorf("ask %s for visits: %w", farm.name, err)
		}
		for _, line := range strings.Fields(string(text)) {
			nanos, err := strconv.ParseInt(line, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read visits: %w", err)
			}
			at := time.Time{}
			if nanos > 0 {
				at = time.Unix(0, nanos)
			}
			all = append(all, at)
		}
	}
	return all, nil
}
