package benchmark

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"
)

// MemoryConfig says what a run of Memory does.
type MemoryConfig struct {
	Config
	Connections int
	Rate        float64       // new events a second, each on about 4.7 relays
	For         time.Duration // from the moment at which every relay is followed
	Every       time.Duration // between two samples
	Plot        string        // file for a drawing; empty = none
	Points      string        // file for the samples; empty = none
}

// MemoryReport is what a run of Memory measured. Its JSON is public interface, as that of Report is.
type MemoryReport struct {
	Peak          int64             `json:"peak_rss_bytes"` // of the synchronizer, since its start
	Mean          int64             `json:"mean_rss_bytes"` // after the first quarter
	Slope         float64           `json:"slope_bytes_per_minute"`
	SlopeShare    float64           `json:"slope_share_per_hour"` // of the mean: 0.01 = one percent more in an hour
	Connections   int               `json:"connections"`
	Minutes       float64           `json:"minutes"`
	Turns         int               `json:"turns"`       // meanwhile
	LiveEvents    int               `json:"live_events"` // published meanwhile
	FollowSeconds float64           `json:"follow_seconds"`
	Samples       []Sample          `json:"samples"`
	Machine       Machine           `json:"machine"`
	Settings      map[string]string `json:"settings"`
	Date          string            `json:"date"` // UTC
}

// Sample is the memory of the synchronizer at a moment.
type Sample struct {
	At       float64 `json:"seconds"` // since every relay was followed
	Resident int64   `json:"rss_bytes"`
	Heap     int64   `json:"heap_bytes"` // in use, as the process says
	Followed int     `json:"followed"`
}

// turnsIn is how often every relay has a turn within a run, unless that would be more or less often than the settings allow.
const turnsIn = 4

// Memory measures how much memory one synchronizer needs that follows many relays, and whether it grows.
func Memory(ctx context.Context, cfg MemoryConfig, log *slog.Logger) (report MemoryReport, err error) {
	cfg.fixed = followSettings(cfg.Connections)
	cfg.fixed["SYNC_INTERVAL"] = min(max(cfg.For/turnsIn, time.Minute), 15*time.Minute).Round(time.Second).String()
	r := &rig{cfg: cfg.Config, crowd: &crowd{relays: cfg.Connections, rate: cfg.Rate, seed: cfg.Seed}}
	defer r.stop()
	defer r.crowd.close()
	cfg.say("starting %d relays, Postgres, NATS, synchronizer and writer", cfg.Connections)
	if err := r.assemble(ctx, log); err != nil {
		return report, err
	}
	took, err := r.followAll(ctx)
	if err != nil {
		return report, err
	}
	cfg.say("following %d relays after %.0f s; sampling for %s", cfg.Connections, took.Seconds(), cfg.For)
	report = MemoryReport{Connections: cfg.Connections, Minutes: cfg.For.Minutes(), FollowSeconds: took.Seconds(),
		Settings: maps.Clone(cfg.settings()), Date: time.Now().UTC().Format(time.DateOnly)}
	if err := r.sample(ctx, cfg, &report); err != nil {
		return report, fmt.Errorf("measure memory: %w", err)
	}
	if report.Machine, err = r.machine(ctx); err != nil {
		return report, err
	}
	return report, report.keep(cfg)
}

// turnsCounted is the counter of turns that went well.
const turnsCounted = `bigbrotr_synchronizer_turns_total{outcome="done",reason=""}`

// sample publishes and takes samples for the time of the run.
func (r *rig) sample(ctx context.Context, cfg MemoryConfig, report *MemoryReport) error {
	synchronizer := r.named("synchronizer").cmd.Process.Pid
	turns, err := r.counted(ctx, turnsCounted)
	if err != nil {
		return err
	}
	if err := r.crowd.tell("go"); err != nil {
		return err
	}
	tick := time.NewTicker(cfg.Every)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < cfg.For; {
		s := Sample{Resident: residentOf(synchronizer)}
		heap, err := r.counted(ctx, "go_memstats_heap_inuse_bytes")
		if err != nil {
			return err
		}
		followed, err := r.counted(ctx, "bigbrotr_synchronizer_relays_followed")
		if err != nil {
			return err
		}
		s.At, s.Heap, s.Followed = time.Since(began).Seconds(), int64(heap), int(followed)
		if report.Samples = append(report.Samples, s); len(report.Samples)%12 == 0 {
			cfg.say("%.0f s: %d MB, %d followed", s.At, s.Resident>>20, s.Followed)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	after, err := r.counted(ctx, turnsCounted)
	if err != nil {
		return err
	}
	notes, err := r.crowd.heard(r)
	if err != nil {
		return err
	}
	report.Turns, report.LiveEvents, report.Peak = int(after-turns), len(notes), peakOf(synchronizer)
	report.settle()
	return r.alive()
}

// named returns the process with a name; the run has one.
func (r *rig) named(name string) *child {
	for _, c := range r.children {
		if c.name == name {
			return c
		}
	}
	panic("no process " + name)
}

// settle draws a line through the samples after the first quarter, by least squares.
func (m *MemoryReport) settle() {
	settled := m.Samples[len(m.Samples)/4:]
	var n, x, y, xx, xy float64
	for _, s := range settled {
		minutes, bytes := s.At/60, float64(s.Resident)
		n, x, y, xx, xy = n+1, x+minutes, y+bytes, xx+minutes*minutes, xy+minutes*bytes
	}
	m.Mean = int64(y / n)
	if spread := n*xx - x*x; spread > 0 {
		m.Slope = (n*xy - x*y) / spread
		m.SlopeShare = m.Slope * 60 / (y / n)
	}
}

// keep writes the files that were asked for.
func (m *MemoryReport) keep(cfg MemoryConfig) error {
	if cfg.Points != "" {
		var csv strings.Builder
		csv.WriteString("seconds,rss_bytes,heap_bytes,followed\n")
		for _, s := range m.Samples {
			fmt.Fprintf(&csv, "%.1f,%d,%d,%d\n", s.At, s.Resident, s.Heap, s.Followed)
		}
		if err := os.WriteFile(cfg.Points, []byte(csv.String()), 0o644); err != nil {
			return fmt.Errorf("write the samples: %w", err)
		}
	}
	if cfg.Plot != "" {
		if err := os.WriteFile(cfg.Plot, m.draw(), 0o644); err != nil {
			return fmt.Errorf("write the drawing: %w", err)
		}
	}
	return nil
}
