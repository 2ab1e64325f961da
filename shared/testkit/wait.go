package testkit

import (
	"context"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// patience is how long Until waits.
const patience = 40 * time.Second

// Until waits for something that others do; what names it when it does not come.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: did not come to hold in %s", what, patience)
		}
	}
}

// Messages returns how many messages a stream holds.
func Messages(t testing.TB, b *bus.Bus, stream string) int {
	t.Helper()
	streams, err := b.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		if s.Name == stream {
			return int(s.Messages)
		}
	}
	t.Fatalf("no stream %s", stream)
	return 0
}

// Write stores what arrives on INGEST, as the writer does, until ctx ends.
func Write(ctx context.Context, b *bus.Bus, s *store.Store) error {
	limits := bus.Limits{Messages: 100, Wait: 50 * time.Millisecond}
	return b.Batches(ctx, subject.ConsumerWriter, limits, func(ctx context.Context, deliveries []*bus.Delivery) error {
		batches := make([]*ingest.Batch, len(deliveries))
		for i, d := range deliveries {
			var err error
			if batches[i], err = ingest.Decode(d.Body); err != nil {
				return err
			}
		}
		_, err := s.Write(ctx, batches, store.WriteOptions{})
		return err
	})
}
