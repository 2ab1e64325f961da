package benchmark

import (
	"context"
	"errors"
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

// Config says what a run of Sync does.
type Config struct {
	Binary   string            // the program that runs the services, and the verbs of ServeRelay and ServeNATS
	Dir      string            // where the data goes; empty = the system's directory for temporary files
	Events   int               // of the world
	Seed     uint64            // of the world
	Environ  map[string]string // settings of the services; those of tunable are handed on
	Progress io.Writer         // words for people; nil = nowhere
	fixed    map[string]string // settings that this measurement needs; Environ goes before them
}

// tunable are the beginnings of settings that a run hands on to the services.
var tunable = []string{"CLEARNET_", "SYNC_", "WRITER_", "SIGHTING_", "MONITOR_", "VALIDATOR_", "RELAY_MAX_REQUESTS", "GOGC", "GOMEMLIMIT", "GOMAXPROCS"}

// settings are those of the services that are not the default.
func (c Config) settings() map[string]string {
	settings := map[string]string{"RELAY_ALLOW_CIDRS": "127.0.0.0/8", "RELAY_MAX_REQUESTS": "0", "SYNC_REQUIRE_READABLE": "false"}
	maps.Copy(settings, c.fixed)
	for name, value := range c.Environ {
		for _, prefix := range tunable {
			if strings.HasPrefix(name, prefix) {
				settings[name] = value
			}
		}
	}
	return settings
}

// Sync measures how fast the pipeline archives a relay.
func Sync(ctx context.Context, cfg Config, log *slog.Logger) (Report, error) {
	began := time.Now()
	stages, err := stages(cfg.Seed)
	if err != nil {
		return Report{}, err
	}
	cfg.fixed = map[string]string{"SYNC_LIVE": "false"} // the walks alone
	r := &rig{cfg: cfg}
	defer r.stop()
	cfg.say("signing %d events, starting Postgres, NATS, synchronizer and writer", cfg.Events)
	if err := r.assemble(ctx, log); err != nil {
		return Report{}, err
	}
	report := Report{Events: cfg.Events, EventBytes: r.mean, KnownMeans: knownMeans, Stages: stages, Settings: maps.Clone(cfg.settings())}
	for _, w := range r.walks() {
		walk, err := r.measure(ctx, w)
		if err != nil {
			return Report{}, fmt.Errorf("measure walk %s: %w", w.name, err)
		}
		cfg.say("walk %s: %.0f events/s", w.name, walk.PerSecond)
		report.Walks = append(report.Walks, walk)
		if w.name == "new" {
			report.VerifyMicroseconds, err = r.verifyTime(ctx)
		}
		if err != nil {
			return Report{}, err
		}
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
	before func(context.Context) error // the clock runs; nil = nothing
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

// walkTime bounds a walk: one that takes longer will not end.
const walkTime = 5 * time.Minute

// errNothingToWalk says that a walk would measure nothing.
var errNothingToWalk = errors.New("the relay's history is proven already")

func (r *rig) measure(ctx context.Context, w walk) (Walk, error) {
	ctx, cancel := context.WithTimeout(ctx, walkTime)
	defer cancel()
	if w.before != nil {
		if err := w.before(ctx); err != nil {
			return Walk{}, err
		}
	}
	done, err := r.covered(ctx, w.url, time.Now().Add(-time.Hour))
	if err != nil {
		return Walk{}, err
	}
	if done {
		return Walk{}, errNothingToWalk
	}
	before, err := r.use(ctx)
	if err != nil {
		return Walk{}, err
	}
	began := time.Now()
	task := bus.Task{URL: w.url, Network: string(relay.URL(w.url).Network())}
	if err := r.bus.Now(ctx, subject.JobSync, task); err != nil {
		return Walk{}, err
	}
	if err := poll(ctx, func() (bool, error) { return r.covered(ctx, w.url, began) }); err != nil {
		return Walk{}, err
	}
	took := time.Since(began).Seconds()
	if err := r.drain(ctx); err != nil {
		return Walk{}, err
	}
	after, err := r.use(ctx)
	return Walk{
		Name: w.name, Seconds: took, PerSecond: float64(r.cfg.Events) / took, CPU: r.each(before, after),
		OwnCores:  after.own(before).Seconds() / after.at.Sub(before.at).Seconds(),
		Looked:    (after.looked - before.looked) / float64(r.cfg.Events),
		BusyCores: (after.busy - before.busy).Seconds() / after.at.Sub(before.at).Seconds(),
	}, err
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
	archived, err := r.owner.Signatures(ctx, ids)
	if err == nil && len(archived) != len(ids) {
		err = fmt.Errorf("compare the archive with the relay: it has %d of %d events", len(archived), len(ids))
	}
	return err
}

// use is the CPU time of every process, and of the whole machine, until a moment.
type use struct {
	at   time.Time
	cpu  map[string]time.Duration
	busy time.Duration

	looked float64 // up in the archive, by the synchronizer
}

func (r *rig) use(ctx context.Context) (u use, err error) {
	u = use{at: time.Now(), cpu: map[string]time.Duration{}}
	for _, c := range r.children {
		if u.cpu[c.name], err = cpuOf(c.cmd.Process.Pid, false); err != nil {
			return u, err
		}
	}
	if u.cpu["postgres"], err = cpuOf(r.postgres.Pid(), true); err != nil {
		return u, err
	}
	if u.looked, err = r.counted(ctx, "bigbrotr_synchronizer_lookups_total{source=\"archive\"}"); err != nil {
		return u, err
	}
	u.busy, err = busyOf()
	return u, err
}

// own is what the processes of the run used since then.
func (u use) own(then use) (used time.Duration) {
	for name := range u.cpu {
		used += u.cpu[name] - then.cpu[name]
	}
	return used
}

// each is what was used between two moments, in microseconds an event.
func (r *rig) each(from, to use) map[string]float64 {
	cpu := map[string]float64{total: float64(to.own(from).Microseconds()) / float64(r.cfg.Events)}
	for name := range to.cpu {
		cpu[name] = float64((to.cpu[name] - from.cpu[name]).Microseconds()) / float64(r.cfg.Events)
	}
	return cpu
}

func (r *rig) peaks() []Process {
	var all []Process
	for _, c := range r.children {
		all = append(all, Process{c.name, peakOf(c.cmd.Process.Pid)})
	}
	return append(all, Process{"postgres", peakOf(r.postgres.Pid())})
}
