package benchmark

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// lane is one way of writing groups of events. Lanes that are compared take turns, group by group, so that a neighbour on
// the machine troubles all of them alike.
type lane struct {
	name   string
	write  func(context.Context, []*event.Event) (rows int, err error) // another number of rows than events is an error
	before func(context.Context) error                                 // outside of the time; nil = nothing
	of     func(group []*event.Event) []*event.Event                   // its part of each group; nil = all of it
}

// timed runs all lanes over all groups and adds a phase for each to the report.
func (b *bench) timed(ctx context.Context, events []*event.Event, lanes ...lane) error {
	meters := make([]meter, len(lanes))
	if err := b.rest(ctx); err != nil {
		return err
	}
	for group := range groups(events, b.cfg.Batch) {
		for i, l := range lanes {
			part := group
			if l.of != nil {
				part = l.of(group)
			}
			if err := b.turn(ctx, &meters[i], l, part); err != nil {
				return fmt.Errorf("measure %s: %w", l.name, err)
			}
		}
	}
	for i, l := range lanes {
		phase := meters[i].phase(l.name)
		b.cfg.say("%s: %.0f/s", phase.Name, phase.PerSecond)
		b.report.Phases = append(b.report.Phases, phase)
	}
	return nil
}

// rest leaves nothing for autovacuum and the checkpointer to do meanwhile: their log would be counted as that of a lane.
func (b *bench) rest(ctx context.Context) error {
	if err := b.archive.Rest(ctx, "event", "sighting"); err != nil || b.original == nil {
		return err
	}
	return b.original.Rest(ctx, "event", "event_relay")
}

// turn writes one group.
func (b *bench) turn(ctx context.Context, m *meter, l lane, group []*event.Event) error {
	if l.before != nil {
		if err := l.before(ctx); err != nil {
			return err
		}
	}
	before, err := b.gauges(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	rows, err := l.write(ctx, group)
	took := time.Since(began)
	if err == nil && rows != len(group) {
		err = fmt.Errorf("stored %d of %d rows", rows, len(group))
	}
	if err != nil {
		return err
	}
	after, err := b.gauges(ctx)
	m.add(rows, took, before, after)
	return err
}

// gauges are what a phase takes beside time.
type gauges struct {
	wal                     int64
	program, postgres, busy time.Duration
}

func (b *bench) gauges(ctx context.Context) (g gauges, err error) {
	if g.wal, err = b.archive.WAL(ctx); err != nil {
		return g, err
	}
	if g.program, err = cpuOf(os.Getpid(), false); err != nil {
		return g, err
	}
	if g.postgres, err = cpuOf(b.postgres.Pid(), true); err != nil {
		return g, err
	}
	g.busy, err = busyOf()
	return g, err
}

// meter sums the turns of a lane.
type meter struct {
	rows  int
	took  []time.Duration
	total time.Duration
	used  gauges
}

func (m *meter) add(rows int, took time.Duration, before, after gauges) {
	m.rows += rows
	m.took = append(m.took, took)
	m.total += took
	m.used.wal += after.wal - before.wal
	m.used.program += after.program - before.program
	m.used.postgres += after.postgres - before.postgres
	m.used.busy += after.busy - before.busy
}

func (m *meter) phase(name string) Phase {
	rows, seconds := float64(max(1, m.rows)), m.total.Seconds()
	slices.Sort(m.took)
	quantile := func(q float64) float64 { return m.took[int(q*float64(len(m.took)-1))].Seconds() * 1000 }
	return Phase{
		Name: name, Rows: m.rows, Seconds: seconds, PerSecond: rows / seconds,
		P50: quantile(0.5), P95: quantile(0.95), WAL: float64(m.used.wal) / rows,
		Program: float64(m.used.program.Microseconds()) / rows, Postgres: float64(m.used.postgres.Microseconds()) / rows,
		BusyCores: m.used.busy.Seconds() / seconds,
	}
}

// timeNew measures new events, ours and the original's in turn, and ours with two transactions at once, as one writer has
// them.
func (b *bench) timeNew(ctx context.Context) error {
	b.cfg.say("writing new events")
	all := pointers(b.events[b.cfg.Sample:])
	half := len(all) / 2
	lanes := []lane{{name: phaseNew, write: b.writeNew}}
	if b.small != nil {
		lanes = append(lanes, lane{name: phaseSmall, write: func(ctx context.Context, group []*event.Event) (int, error) {
			w, err := b.small.Write(ctx, batchesOf(group, firstRelays), b.cfg.Options)
			return w.Events, err
		}})
	}
	if b.original != nil {
		lanes = append(lanes, lane{name: original + phaseNew, write: b.originalWrite("wss://first.example.com")})
	}
	if err := b.timed(ctx, all[:half], lanes...); err != nil {
		return err
	}
	return b.timed(ctx, all[half:], lane{name: phaseTwo, write: b.writeTwo})
}

func (b *bench) writeNew(ctx context.Context, group []*event.Event) (int, error) {
	w, err := b.store.Write(ctx, batchesOf(group, firstRelays), b.cfg.Options)
	return w.Events, err
}

func (b *bench) writeElsewhere(ctx context.Context, group []*event.Event) (int, error) {
	w, err := b.store.Write(ctx, knownBatches(group, otherRelays), b.cfg.Options)
	return w.Sightings, err
}

// writeTwo writes the halves of a group at once.
func (b *bench) writeTwo(ctx context.Context, group []*event.Event) (int, error) {
	var rows [2]int
	both, ctx := errgroup.WithContext(ctx)
	for i, part := range [][]*event.Event{group[:len(group)/2], group[len(group)/2:]} {
		both.Go(func() (err error) {
			rows[i], err = b.writeNew(ctx, part)
			return err
		})
	}
	err := both.Wait()
	return rows[0] + rows[1], err
}

// timeKnown measures known events: on relays that had not served them, and once more on the same ones.
func (b *bench) timeKnown(ctx context.Context) error {
	b.cfg.say("writing known events")
	events := pointers(b.events[b.cfg.Sample : b.cfg.Sample+b.cfg.Events/2])
	elsewhere := lane{name: phaseElsewhere, write: b.writeElsewhere}
	again := lane{name: phaseAgain, write: func(ctx context.Context, group []*event.Event) (int, error) {
		w, err := b.store.Write(ctx, knownBatches(group, firstRelays), b.cfg.Options)
		return w.Known - w.Sightings - w.Refreshed, err
	}}
	if b.original == nil {
		return errAfter(b.timed(ctx, events, elsewhere), func() error { return b.timed(ctx, events, again) })
	}
	other := b.originalWrite("wss://other.example.com")
	if err := b.timed(ctx, events, elsewhere, lane{name: original + phaseElsewhere, write: other}); err != nil {
		return err
	}
	return b.timed(ctx, events, again, lane{name: original + phaseAgain, write: func(ctx context.Context, group []*event.Event) (int, error) {
		added, err := other(ctx, group)
		return len(group) - added, err
	}})
}

func errAfter(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

func (b *bench) originalWrite(relay string) func(context.Context, []*event.Event) (int, error) {
	return func(ctx context.Context, group []*event.Event) (int, error) {
		return b.original.Write(ctx, group, relay, time.Now().Unix())
	}
}

// timeCounting measures what the counters cost a writer: each group that leaves its changes for them is followed by one that
// does not.
func (b *bench) timeCounting(ctx context.Context) error {
	if !b.cfg.Counting {
		return nil
	}
	b.cfg.say("writing with and without counters")
	world := simrelay.GenerateWorld(simrelay.WorldConfig{Seed: b.seed + 2, Events: b.cfg.Events, Unsigned: true})
	for _, known := range []bool{false, true} {
		if err := b.timed(ctx, pointers(world.Events),
			b.counting(known, true, firstHalf), b.counting(known, false, secondHalf)); err != nil {
			return err
		}
	}
	return nil
}

// counting is new events, or known ones on other relays, with the triggers on or off.
func (b *bench) counting(known, on bool, of func([]*event.Event) []*event.Event) lane {
	name := map[bool]string{true: phaseCounted, false: phaseUncounted}[on]
	write := b.writeNew
	if known {
		name, write = name+" elsewhere", b.writeElsewhere
	}
	return lane{name: name, of: of, write: write, before: func(ctx context.Context) error {
		if err := b.archive.Count(ctx, "event", on); err != nil {
			return err
		}
		return b.archive.Count(ctx, "sighting", on)
	}}
}
