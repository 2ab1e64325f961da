package benchmark

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
)

// readEvery is how long a reader looks at an answer before it asks again.
const readEvery = 500 * time.Millisecond

// ReadTimes is what readers met while the writer wrote as fast as it could, and what it met.
type ReadTimes struct {
	Readers int            `json:"readers"`
	Asked   int            `json:"questions"`
	P50     float64        `json:"p50_ms"`
	P95     float64        `json:"p95_ms"`
	P99     float64        `json:"p99_ms"`
	Most    float64        `json:"max_ms"`
	Slowest []QuestionTime `json:"slowest"`               // the questions whose median was longest
	Rate    float64        `json:"new_events_per_second"` // while they asked
	Alone   float64        `json:"new_events_per_second_alone"`
}

// QuestionTime is how long one question took while the writer wrote.
type QuestionTime struct {
	Name   string  `json:"name"`
	Asked  int     `json:"asked"`
	Median float64 `json:"median_ms"`
	Most   float64 `json:"max_ms"`
}

// slowest is how many questions are named.
const slowest = 5

// often are the questions that users ask again and again: those behind an event's page, an author's, a relay's, and behind feeds
// and lists.
var often = named("event by id", "relays of an event", "events of an author", "kind 1 of all time", "newest events, deep page",
	"events with a tag", "latest_tags", "report_coverage", "relays that are up", "totals")

func named(names ...string) (all []readQuery) {
	for _, name := range names {
		i := slices.IndexFunc(readQueries, func(q readQuery) bool { return q.name == name })
		all = append(all, readQueries[i])
	}
	return all
}

// ordinary are parameters as people have them who have heard of an event.
func ordinary(e *event.Event) measure.Parameters {
	p := measure.Parameters{End: e.CreatedAt, Deep: e.CreatedAt, ID: e.ID[:], Author: e.PubKey[:], Unknown: e.ID[:], Letter: "t", Value: "nostr",
		Relay: firstRelays[0]}
	for _, tag := range e.DecodeTags() {
		if len(tag) > 1 && len(tag[0]) == 1 {
			p.Letter, p.Value = tag[0], tag[1]
			break
		}
	}
	return p
}

// timeReaders measures new events alone, and then while readers ask one question after the other. An answer that does not
// come is an error.
func (b *bench) timeReaders(ctx context.Context) error {
	if b.cfg.Readers == 0 {
		return nil
	}
	b.cfg.say("writing new events without and with %d readers", b.cfg.Readers)
	events := pointers(simrelay.GenerateWorld(simrelay.WorldConfig{Seed: b.seed + 3, Events: b.cfg.Events, Unsigned: true}).Events)
	half := len(events) / 2
	if err := b.timed(ctx, events[:half], lane{name: phaseUnread, write: b.writeNew}); err != nil {
		return err
	}
	stop := make(chan struct{})
	times := make([]map[string][]time.Duration, b.cfg.Readers)
	readers, readCtx := errgroup.WithContext(ctx)
	for i := range times {
		times[i] = map[string][]time.Duration{}
		readers.Go(func() error { return b.readOn(readCtx, i, events[:half], times[i], stop) })
	}
	err := b.timed(readCtx, events[half:], lane{name: phaseRead, write: b.writeNew})
	close(stop)
	if failed := readers.Wait(); failed != nil {
		return failed
	}
	b.report.Readers = newReadTimes(times)
	b.cfg.say("%d answers: p50 %.1f ms, p95 %.1f, p99 %.1f", b.report.Readers.Asked, b.report.Readers.P50, b.report.Readers.P95, b.report.Readers.P99)
	return err
}

// readOn asks until stop, at least once, and notes by question how long each answer took.
func (b *bench) readOn(ctx context.Context, i int, about []*event.Event, times map[string][]time.Duration, stop <-chan struct{}) error {
	reader, err := measure.OpenReader(ctx, as(b.postgres.URL("postgres"), "bigbrotr_reader"))
	if err != nil {
		return err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	app.Sleep(ctx, readEvery*time.Duration(i)/time.Duration(b.cfg.Readers)) // they do not ask all at once
	pause := time.NewTicker(readEvery)
	defer pause.Stop()
	for n := i; ; n++ {
		q := often[n%len(often)]
		_, took, err := reader.Ask(ctx, q.text, q.args(ordinary(about[n*7919%len(about)])))
		if err != nil {
			return fmt.Errorf("read while events are written: %s: %w", q.name, err)
		}
		times[q.name] = append(times[q.name], took)
		select {
		case <-stop:
			return nil
		case <-pause.C:
		}
	}
}

func newReadTimes(readers []map[string][]time.Duration) *ReadTimes {
	byName := map[string][]time.Duration{}
	var all []time.Duration
	for _, times := range readers {
		for name, took := range times {
			byName[name] = append(byName[name], took...)
			all = append(all, took...)
		}
	}
	r := &ReadTimes{Readers: len(readers), Asked: len(all),
		P50: millis(all, 0.5), P95: millis(all, 0.95), P99: millis(all, 0.99), Most: millis(all, 1)}
	for name, took := range byName {
		r.Slowest = append(r.Slowest, QuestionTime{Name: name, Asked: len(took), Median: millis(took, 0.5), Most: millis(took, 1)})
	}
	slices.SortFunc(r.Slowest, func(a, b QuestionTime) int { return cmp.Compare(b.Median, a.Median) })
	r.Slowest = r.Slowest[:min(slowest, len(r.Slowest))]
	return r
}

// millis is a quantile of times in milliseconds; it sorts them.
func millis(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return quantile(took, q) * 1000
}
