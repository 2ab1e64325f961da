package benchmark

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// LiveConfig says what a run of Live does.
type LiveConfig struct {
	Config
	Relays int
	Rate   float64       // new events a second, each on about 4.7 relays
	For    time.Duration // how long events are published
}

// LiveReport is what a run of Live measured. Its JSON is public interface, as that of Report is.
type LiveReport struct {
	P50           float64            `json:"p50_seconds"` // from the moment a relay got an event to its row
	P95           float64            `json:"p95_seconds"`
	P99           float64            `json:"p99_seconds"`
	Max           float64            `json:"max_seconds"`
	Handed        float64            `json:"handed_over_seconds_mean"` // of that, from the arrival to the broker's acknowledgement
	Relays        int                `json:"relays"`
	Published     int                `json:"events_published"`
	Sightings     int                `json:"sightings_published"`
	Lost          int                `json:"lost_events"`
	LostSightings int                `json:"lost_sightings"`
	Rate          float64            `json:"events_per_second"` // published
	FollowSeconds float64            `json:"follow_seconds"`    // until every relay was walked and followed
	Cores         map[string]float64 `json:"cores"`             // kept busy while events were published, by process
	BusyCores     float64            `json:"machine_busy_cores"`
	Memory        map[string]int64   `json:"rss_bytes"`
	Machine       Machine            `json:"machine"`
	Settings      map[string]string  `json:"settings"`
	Seconds       float64            `json:"seconds"` // of the whole run
}

// followSettings are those of a synchronizer that follows so many relays.
func followSettings(relays int) map[string]string {
	return map[string]string{
		"CLEARNET_LIVE_RELAYS": strconv.Itoa(max(500, relays)), "RELAY_MAX_CONNECTIONS_PER_IP": "0", // they share one address
	}
}

const (
	lookUpEvery = 20 * time.Millisecond // the resolution of what Live measures
	settleTime  = 30 * time.Second      // after which an event is lost
)

// Live measures how long a live event takes from a relay to a row in Postgres.
func Live(ctx context.Context, cfg LiveConfig, log *slog.Logger) (report LiveReport, err error) {
	began := time.Now()
	cfg.fixed = followSettings(cfg.Relays)
	r := &rig{cfg: cfg.Config, crowd: &crowd{relays: cfg.Relays, rate: cfg.Rate, seed: cfg.Seed}}
	defer r.stop()
	defer r.crowd.close()
	cfg.say("starting %d relays, Postgres, NATS, synchronizer and writer", cfg.Relays)
	if err := r.assemble(ctx, log); err != nil {
		return report, err
	}
	took, err := r.followAll(ctx)
	if err != nil {
		return report, err
	}
	cfg.say("following %d relays after %.1f s; publishing %.0f events/s for %s", cfg.Relays, took.Seconds(), cfg.Rate, cfg.For)
	report = LiveReport{Relays: cfg.Relays, FollowSeconds: took.Seconds(), Settings: maps.Clone(cfg.settings())}
	if err := r.listen(ctx, cfg.For, &report); err != nil {
		return report, fmt.Errorf("measure live events: %w", err)
	}
	report.Machine, err = r.machine(ctx)
	report.Seconds = time.Since(began).Seconds()
	return report, err
}

// listen publishes for a time and fills the report in.
func (r *rig) listen(ctx context.Context, during time.Duration, report *LiveReport) error {
	before, err := r.use(ctx)
	if err != nil {
		return err
	}
	w := &watch{rig: r, open: map[event.ID]time.Time{}}
	if err := r.crowd.tell("go"); err != nil {
		return err
	}
	if err := w.look(ctx, during, false); err != nil {
		return err
	}
	after, err := r.use(ctx)
	if err != nil {
		return err
	}
	if err := r.crowd.tell("stop"); err != nil {
		return err
	}
	if err := w.look(ctx, settleTime, true); err != nil {
		return err
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	w.fill(report, after.at.Sub(before.at))
	report.Cores, report.BusyCores, report.Memory = r.cores(before, after), busyCores(before, after), r.memory()
	if report.Handed, err = r.handedOver(ctx); err != nil {
		return err
	}
	lost, sightings, err := r.missing(ctx, r.crowd.events+w.published, r.crowd.placed+w.copies)
	report.Lost, report.LostSightings = max(report.Lost, lost), sightings
	return err
}

// watch waits for the rows of published events.
type watch struct {
	*rig
	open      map[event.ID]time.Time // published, without a row so far
	took      []time.Duration
	published int
	copies    int
}

// errNothingPublished says that a run would measure nothing.
var errNothingPublished = errors.New("the relays have published nothing")

// look asks for rows for so long, or only until there are no open events any more.
func (w *watch) look(ctx context.Context, during time.Duration, untilAll bool) error {
	quiet := 0
	tick := time.NewTicker(lookUpEvery)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < during; {
		if err := w.once(ctx); err != nil {
			return err
		}
		if quiet++; len(w.open) > 0 {
			quiet = 0
		}
		if untilAll && quiet > 10 {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if w.published == 0 {
		return errNothingPublished
	}
	return w.alive()
}

// once looks the open events up.
func (w *watch) once(ctx context.Context) error {
	notes, err := w.crowd.heard(w.rig)
	if err != nil {
		return err
	}
	for _, n := range notes {
		w.open[n.id] = n.at
		w.published++
		w.copies += n.copies
	}
	rows, err := w.owner.Signatures(ctx, slices.Collect(maps.Keys(w.open)))
	if err != nil {
		return err
	}
	now := time.Now()
	for id := range rows {
		w.took = append(w.took, now.Sub(w.open[id]))
		delete(w.open, id)
	}
	return nil
}

func (w *watch) fill(report *LiveReport, during time.Duration) {
	slices.Sort(w.took)
	report.P50, report.P95, report.P99, report.Max = quantile(w.took, 0.5), quantile(w.took, 0.95), quantile(w.took, 0.99), quantile(w.took, 1)
	report.Published, report.Sightings, report.Lost = w.published, w.copies, len(w.open)
	report.Rate = float64(w.published) / during.Seconds()
}

// quantile is in seconds; it needs times that are sorted.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	return times[int(q*float64(len(times)-1)+0.5)].Seconds()
}

// handedOver is the mean time from the arrival of a live event to the acknowledgement of the broker.
func (r *rig) handedOver(ctx context.Context) (float64, error) {
	sum, err := r.counted(ctx, "bigbrotr_synchronizer_live_delay_seconds_sum")
	if err != nil {
		return 0, err
	}
	n, err := r.counted(ctx, "bigbrotr_synchronizer_live_delay_seconds_count")
	return sum / max(1, n), err
}
