package writer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/writer"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// BenchmarkWriter measures the way of new events from INGEST through Postgres to EVENTS, in batches of 500.
func BenchmarkWriter(b *testing.B) {
	const perBatch = 500
	dsn, url := testkit.Postgres(b), testkit.NATSURL(b)
	bus, streams := testkit.Connect(b, url), testkit.OpenStreams(b, url)
	for n := range b.N {
		events := makeEvents(perBatch)
		for i, e := range events {
			events[i] = key.Sign(e.CreatedAt, 1, e.DecodeTags(), fmt.Sprintf("%d %600d", n, e.CreatedAt))
		}
		if err := bus.Ingest(b.Context(), subject.IngestPages, pageOf(relayA, events...)); err != nil {
			b.Fatal(err)
		}
	}
	cfg := writer.Config{BatchEvents: 5000, BatchWait: 50 * time.Millisecond}
	w := writer.New(cfg, bus, testkit.Store(b, dsn), testkit.Log(b))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	b.ResetTimer()
	go func() { done <- w.Run(ctx) }()
	for streams.Count(subject.StreamIngest) > 0 {
		time.Sleep(5 * time.Millisecond)
	}
	b.ReportMetric(float64(b.N*perBatch)/b.Elapsed().Seconds(), "events/s")
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
}
