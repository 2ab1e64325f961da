package store_test

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// perTransaction is the default of WRITER_BATCH_EVENTS.
const perTransaction = 5000

// BenchmarkWriteNew measures transactions of 5,000 new events of about 1,300 bytes.
func BenchmarkWriteNew(b *testing.B) {
	s := testkit.Store(b, testkit.Postgres(b))
	var batches [][]*ingest.Batch
	for i := range b.N {
		batches = append(batches, transaction(benchEvents(i, perTransaction)))
	}
	b.ResetTimer()
	for _, batch := range batches {
		if w, err := s.Write(context.Background(), batch, options); err != nil || w.Events != perTransaction {
			b.Fatalf("got %d events, %v", w.Events, err)
		}
	}
	b.ReportMetric(float64(b.N*perTransaction)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkWriteTwo measures two transactions of 5,000 new events at once, of which some are in both, as when pages that
// are neighbours share a second, or relays that are walked at once have the same events.
func BenchmarkWriteTwo(b *testing.B) {
	for _, shared := range []int{0, 10, 4000} {
		b.Run(fmt.Sprintf("shared=%d", shared), func(b *testing.B) { benchTwo(b, shared) })
	}
}

func benchTwo(b *testing.B, shared int) {
	s := testkit.Store(b, testkit.Postgres(b))
	var pairs [][2][]*ingest.Batch
	for i := range b.N {
		events := benchEvents(i, 2*perTransaction-shared)
		pairs = append(pairs, [2][]*ingest.Batch{transaction(events[:perTransaction]), transaction(events[len(events)-perTransaction:])})
	}
	b.ResetTimer()
	for _, pair := range pairs {
		both, ctx := errgroup.WithContext(context.Background())
		var events [2]int
		for i, batches := range pair {
			both.Go(func() error {
				w, err := s.Write(ctx, batches, options)
				events[i] = w.Events
				return err
			})
		}
		if err := both.Wait(); err != nil || events[0]+events[1] != 2*perTransaction-shared {
			b.Fatalf("got %d and %d events, %v", events[0], events[1], err)
		}
	}
	b.ReportMetric(float64(b.N*(2*perTransaction-shared))/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkWriteSightings measures transactions of 5,000 known events served by one relay more.
func BenchmarkWriteSightings(b *testing.B) {
	benchKnown(b, func(i int) string { return fmt.Sprintf("wss://relay%d.example.com", i) }, perTransaction)
}

// BenchmarkWriteKnown measures transactions of 5,000 known pairs that need no change.
func BenchmarkWriteKnown(b *testing.B) {
	benchKnown(b, func(int) string { return relayA }, 0)
}

func benchKnown(b *testing.B, relay func(int) string, sightings int) {
	s := testkit.Store(b, testkit.Postgres(b))
	events := benchEvents(0, perTransaction)
	if _, err := s.Write(context.Background(), transaction(events), options); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		page := pageOf(relay(i), noon)
		page.Since, page.Until, page.KnownIds = 1, 2, ids(events...)
		w, err := s.Write(context.Background(), []*ingest.Batch{batchOf(page)}, options)
		if err != nil || w.Sightings != sightings || w.Known != perTransaction {
			b.Fatalf("got %d sightings of %d known, %v", w.Sightings, w.Known, err)
		}
	}
	b.ReportMetric(float64(b.N*perTransaction)/b.Elapsed().Seconds(), "sightings/s")
}

// benchEvents are of a made-up network: the kinds and sizes of real ones, without signatures.
func benchEvents(round, n int) []event.Event {
	return simrelay.GenerateWorld(simrelay.WorldConfig{Seed: uint64(round), Events: n, Unsigned: true}).Events
}

// transaction puts events into batches of 500, as they travel.
func transaction(events []event.Event) (batches []*ingest.Batch) {
	for ; len(events) > 0; events = events[min(500, len(events)):] {
		batches = append(batches, batchOf(pageOf(relayA, noon, events[:min(500, len(events))]...)))
	}
	return batches
}
