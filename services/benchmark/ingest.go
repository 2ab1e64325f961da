package benchmark

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Config says what a run of Ingest does.
type Config struct {
	Binary   string            // the program that runs the services, and the verbs of ServeRelay and ServeNATS
	Dir      string            // where the data goes; empty = the system's directory for temporary files
	Events   int               // of the world
	Seed     uint64            // of the world
	Environ  map[string]string // settings of the services; those of tunable are handed on
	Progress io.Writer         // words for people; nil = nowhere
}

// tunable are the beginnings of settings that a run hands on to the services.
var tunable = []string{"SYNC_", "WRITER_", "SIGHTING_", "RELAY_MAX_REQUESTS", "GOGC", "GOMEMLIMIT", "GOMAXPROCS"}

// settings are those of the services that are not the default.
func (c Config) settings() map[string]string {
	settings := map[string]string{"RELAY_ALLOW_CIDRS": "127.0.0.0/8", "RELAY_MAX_REQUESTS": "0", "SYNC_REQUIRE_READABLE": "false"}
	for name, value := range c.Environ {
		for _, prefix := range tunable {
			if strings.HasPrefix(name, prefix) {
				settings[name] = value
			}
		}
	}
	return settings
}

// Ingest measures how fast the pipeline archives a relay.
func Ingest(ctx context.Context, cfg Config, log *slog.Logger) (Report, error) {
	began := time.Now()
	r := &rig{cfg: cfg}
	defer r.stop()
	cfg.say("signing %d events, starting Postgres, NATS, synchronizer and writer", cfg.Events)
	if err := r.assemble(ctx, log); err != nil {
		return Report{}, err
	}
	report := Report{Events: cfg.Events, EventBytes: r.mean, KnownMeans: knownMeans, Settings: maps.Clone(cfg.settings())}
	for _, w := range r.walks() {
		walk, err := r.measure(ctx, w)
		if err != nil {
			return Report{}, fmt.Errorf("measure walk %s: %w", w.name, err)
		}
		cfg.say("walk %s: %.0f events/s", w.name, walk.PerSecond)
		report.Walks = append(report.Walks, walk)
	}
	if err := r.verify(ctx); err != nil {
		return Report{}, err
	}
	report.NewPerSecond, report.ElsewherePerSecond, report.KnownPerSecond =
		report.Walks[0].PerSecond, report.Walks[1].PerSecond, report.Walks[2].PerSecond
	report.Processes = r.peaks()
	server, err := r.owner.Server(ctx)
	if err != nil {
		return Report{}, err
	}
	report.Machine, err = machine(r.dir, fmt.Sprintf("%d.%d", server.Version/10000, server.Version%10000))
	report.Seconds = time.Since(began).Seconds()
	return report, err
}

// walk is one walk that is measured.
type walk struct {
	name   string
	url    string
	before func(context.Context) error // it; nil = nothing
}

func (r *rig) walks() []walk {
	return []walk{
		{name: "new", url: r.relay},
		{name: "elsewhere", url: r.relay + "/elsewhere"},
		{name: "again", url: r.relay, before: func(ctx context.Context) error {
			return r.owner.ForgetCoverage(ctx, r.relay)
		}},
	}
}

func (r *rig) measure(ctx context.Context, w walk) (Walk, error) {
	if w.before != nil {
		if err := w.before(ctx); err != nil {
			return Walk{}, err
		}
	}
	used, err := r.used()
	if err != nil {
		return Walk{}, err
	}
	began := time.Now()
	task := bus.Task{URL: w.url, Network: string(relay.URL(w.url).Network())}
	if err := r.bus.Now(ctx, subject.JobSync, task); err != nil {
		return Walk{}, err
	}
	err = poll(ctx, func() (bool, error) { return r.covered(ctx, w.url, began) })
	took := time.Since(began).Seconds()
	if err != nil {
		return Walk{}, err
	}
	if err := r.drain(ctx); err != nil {
		return Walk{}, err
	}
	cpu, err := r.usedSince(used)
	return Walk{Name: w.name, Seconds: took, PerSecond: float64(r.cfg.Events) / took, CPU: cpu}, err
}

// covered says whether the relay's whole history is proven: the walk goes back in time, so its beginning comes last.
func (r *rig) covered(ctx context.Context, url string, until time.Time) (bool, error) {
	if err := r.alive(); err != nil {
		return false, err
	}
	filter := event.Filter{}
	rows, err := r.owner.Coverage(ctx, url, filter.Canonical())
	if err != nil {
		return false, err
	}
	return proven(rows, until.Unix()), nil
}

// proven says whether intervals cover everything up to a time.
func proven(rows []store.Covered, until int64) bool {
	next := int64(0) // the first second that is not covered
	for grown := true; grown; {
		grown = false
		for _, row := range rows {
			for _, iv := range row.Intervals {
				if iv.Since <= next && iv.Until >= next {
					next, grown = iv.Until+1, true
				}
			}
		}
	}
	return next > until
}

// drain returns when the facts of the walk are published and its messages are acknowledged.
func (r *rig) drain(ctx context.Context) error {
	return poll(ctx, func() (bool, error) {
		streams, err := r.bus.Streams(ctx)
		for _, s := range streams {
			if s.Messages > 0 && s.Name == subject.StreamIngest {
				return false, err
			}
		}
		return true, err
	})
}

// verify looks every event of the world up in the archive.
func (r *rig) verify(ctx context.Context) error {
	text, err := os.ReadFile(r.idsFile())
	if err != nil {
		return fmt.Errorf("read ids: %w", err)
	}
	var ids []event.ID
	for ; len(text) > 0; text = text[len(event.ID{}):] {
		ids = append(ids, event.ID(text[:len(event.ID{})]))
	}
	archived, err := r.owner.KnownIDs(ctx, ids)
	if err == nil && len(archived) != len(ids) {
		err = fmt.Errorf("compare the archive with the relay: it has %d of %d events", len(archived), len(ids))
	}
	return err
}

// used is the CPU time of every process until now.
func (r *rig) used() (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	var err error
	for _, c := range r.children {
		if used[c.name], err = cpuOf(c.cmd.Process.Pid, false); err != nil {
			return nil, err
		}
	}
	used["postgres"], err = cpuOf(r.postgres.Pid(), true)
	return used, err
}

// usedSince is what was used since then, in microseconds an event.
func (r *rig) usedSince(then map[string]time.Duration) (map[string]float64, error) {
	now, err := r.used()
	cpu := map[string]float64{}
	for name := range now {
		each := float64((now[name] - then[name]).Microseconds()) / float64(r.cfg.Events)
		cpu[name] = each
		cpu[total] += each
	}
	return cpu, err
}

func (r *rig) peaks() []Process {
	var all []Process
	for _, c := range r.children {
		all = append(all, Process{c.name, peakOf(c.cmd.Process.Pid)})
	}
	return append(all, Process{"postgres", peakOf(r.postgres.Pid())})
}
