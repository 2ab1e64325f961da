package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// perTransaction is the default of WRITER_BATCH_EVENTS.
const perTransaction = 5000

// BenchmarkWriteNew measures transactions of 5,000 new events of about 600 bytes.
func BenchmarkWriteNew(b *testing.B) {
	s := testkit.Store(b, testkit.Postgres(b))
	var batches [][]*ingest.Batch
	for i := range b.N {
		batches = append(batches, transaction(benchEvents(i*perTransaction, perTransaction)))
	}
	b.ResetTimer()
	for _, batch := range batches {
		if w, err := s.Write(context.Background(), batch, options); err != nil || w.Events != perTransaction {
			b.Fatalf("got %d events, %v", w.Events, err)
		}
	}
	b.ReportMetric(float64(b.N*perTransaction)/b.Elapsed().Seconds(), "events/s")
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

func benchEvents(from, n int) []event.Event {
	events := make([]event.Event, n)
	text := make([]byte, 200)
	for i := range text {
		text[i] = byte('a' + i%26)
	}
	for i := range events {
		events[i] = unsigned(int64(1_700_000_000+from+i), fmt.Sprintf("%d %s", from+i, text))
	}
	return events
}

// unsigned makes an event with a true id and no signature: the store checks the one and leaves the other to workers.
func unsigned(createdAt int64, content string) event.Event {
	e := event.Event{PubKey: key.PubKey(), CreatedAt: createdAt, Kind: 1, Content: []byte(strconv.Quote(content)),
		Tags: fmt.Appendf(nil, `[["e","%064x"],["p","%064x"]]`, createdAt, createdAt/100)}
	e.ID = sha256.Sum256(fmt.Appendf(nil, `[0,"%s",%d,1,%s,%s]`, e.PubKey, createdAt, e.Tags, e.Content))
	return e
}

// transaction puts events into batches of 500, as they travel.
func transaction(events []event.Event) (batches []*ingest.Batch) {
	for ; len(events) > 0; events = events[min(500, len(events)):] {
		batches = append(batches, batchOf(pageOf(relayA, noon, events[:min(500, len(events))]...)))
	}
	return batches
}
