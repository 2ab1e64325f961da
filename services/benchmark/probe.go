package benchmark

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// ProbeConfig says what a run of Probe does.
type ProbeConfig struct {
	Config
	Live    int
	Dead    int
	Rounds  int  // of all of them, after one of the live ones alone
	Unknown bool // nobody ever checked the dead; else they failed last time
}

// ProbeReport is what a run of Probe measured. Its JSON is public interface, as that of Report is.
type ProbeReport struct {
	Wall       float64           `json:"wall_seconds"`            // of the slowest round of all
	RSS        int64             `json:"rss_bytes"`               // most of the monitor
	CPU        float64           `json:"cpu_seconds"`             // of the monitor, in the mean of the rounds
	Sockets    int               `json:"peak_sockets"`            // of the monitor
	DelayP95   float64           `json:"start_delay_p95_seconds"` // of live relays, from the second at which all are due; worst round
	AloneP95   float64           `json:"start_delay_alone_p95_seconds"`
	QueueP95   float64           `json:"queue_delay_p95_seconds"` // of live relays, from their task to their round, at most; worst round
	Growth     float64           `json:"rss_bytes_per_round"`     // slope of a line through the rounds after the first
	Live       int               `json:"live"`
	Dead       int               `json:"dead"`
	Unknown    bool              `json:"unknown"`
	Alone      ProbeRound        `json:"alone"` // the live ones alone, the second time
	Rounds     []ProbeRound      `json:"rounds"`
	States     map[string]int64  `json:"states"` // relays by state, afterwards
	Processes  []Process         `json:"processes"`
	Machine    Machine           `json:"machine"`
	Settings   map[string]string `json:"settings"`
	AllSeconds float64           `json:"seconds"` // of the whole run
}

// ProbeRound is one round of checks of every relay, all due in the same second.
type ProbeRound struct {
	Wall      float64            `json:"wall_seconds"` // from that second until every result is in Postgres
	DelayP50  float64            `json:"start_delay_p50_seconds"`
	DelayP95  float64            `json:"start_delay_p95_seconds"`
	DelayMax  float64            `json:"start_delay_max_seconds"`
	QueueP95  float64            `json:"queue_delay_p95_seconds"` // what the bus takes to make 10,000 tasks due is not in it
	CPU       float64            `json:"cpu_seconds"`
	RSS       int64              `json:"rss_bytes"` // at its end
	Sockets   int                `json:"peak_sockets"`
	Cores     map[string]float64 `json:"cores"` // kept busy, by process
	BusyCores float64            `json:"machine_busy_cores"`
}

// roundsDone is the counter of rounds that were made and handed over.
const roundsDone = `bigbrotr_monitor_rounds_total{outcome="done"}`

// Probe measures rounds of checks of live and dead relays with one monitor.
func Probe(ctx context.Context, cfg ProbeConfig, log *slog.Logger) (report ProbeReport, err error) {
	began := time.Now()
	cfg.fixed = map[string]string{"MONITOR_INTERVAL": "168h", "MONITOR_CANARIES": "none"} // rounds begin when the run says so, and nobody else is asked
	r := &rig{cfg: cfg.Config, worker: "monitor", job: subject.JobCheck, crowd: &crowd{relays: cfg.Live, seed: cfg.Seed, dead: cfg.Dead}}
	defer r.stop()
	defer r.crowd.close()
	cfg.say("starting %d live relays, %d dead ones, Postgres, NATS, monitor and writer", cfg.Live, cfg.Dead)
	if err := r.assemble(ctx, log); err != nil {
		return report, err
	}
	report = ProbeReport{Live: cfg.Live, Dead: cfg.Dead, Unknown: cfg.Unknown, Settings: maps.Clone(cfg.settings())}
	known := slices.Concat(r.crowd.urls, r.crowd.graves)
	if cfg.Unknown {
		known = r.crowd.urls
	}
	if err := r.remember(ctx, known); err != nil {
		return report, err
	}
	for range 2 { // the first one is not measured: it tries what the relays are able to do, which is due once a day
		if report.Alone, err = r.probe(ctx, r.crowd.urls); err != nil {
			return report, fmt.Errorf("measure the live relays alone: %w", err)
		}
	}
	cfg.say("live relays alone: %s", report.Alone)
	everybody := mixed(r.crowd.urls, r.crowd.graves)
	for n := range cfg.Rounds {
		round, err := r.probe(ctx, everybody)
		if err != nil {
			return report, fmt.Errorf("measure round %d: %w", n+1, err)
		}
		cfg.say("round %d of %d: %s", n+1, cfg.Rounds, round)
		report.Rounds = append(report.Rounds, round)
	}
	return report, r.finish(ctx, &report, began)
}

// finish sums the rounds up, and compares the states in the archive with the truth.
func (r *rig) finish(ctx context.Context, report *ProbeReport, began time.Time) (err error) {
	report.settle()
	report.RSS = peakOf(r.named(r.worker).cmd.Process.Pid)
	report.Processes = r.peaks()
	totals, err := r.owner.Totals(ctx)
	if err != nil {
		return err
	}
	report.States = totals.Relays[string(relay.Clearnet)]
	if up := report.States["up"]; up != int64(report.Live) {
		return fmt.Errorf("compare the states with the relays: %d are up, want %d: %v", up, report.Live, report.States)
	}
	report.Machine, err = r.machine(ctx)
	report.AllSeconds = time.Since(began).Seconds()
	return err
}

func (round ProbeRound) String() string {
	return fmt.Sprintf("%.1f s, live ones begun after %.2f s (p50), %.2f s (p95), at most %.4g s of it behind others; %.1f s of CPU, %d MB, %d sockets",
		round.Wall, round.DelayP50, round.DelayP95, round.QueueP95, round.CPU, round.RSS>>20, round.Sockets)
}

// settle takes the worst and the mean of the rounds, and draws a line through their memory.
func (p *ProbeReport) settle() {
	p.AloneP95 = p.Alone.DelayP95
	var n, x, y, xx, xy float64
	for i, round := range p.Rounds {
		p.Wall, p.DelayP95, p.QueueP95 = max(p.Wall, round.Wall), max(p.DelayP95, round.DelayP95), max(p.QueueP95, round.QueueP95)
		p.Sockets, p.CPU = max(p.Sockets, round.Sockets), p.CPU+round.CPU/float64(len(p.Rounds))
		if i == 0 && len(p.Rounds) > 2 {
			continue // the first one fills buffers and caches
		}
		at, bytes := float64(i), float64(round.RSS)
		n, x, y, xx, xy = n+1, x+at, y+bytes, xx+at*at, xy+at*bytes
	}
	if spread := n*xx - x*x; spread > 0 {
		p.Growth = (n*xy - x*y) / spread
	}
}
