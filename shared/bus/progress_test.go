package bus_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// TestWhatIsInWorkIsNotGivenToOthers keeps messages for five times as long as the server waits for an ack, as a writer does
// whose Postgres is away: nobody else gets them meanwhile.
func TestWhatIsInWorkIsNotGivenToOthers(t *testing.T) {
	const wait = 400 * time.Millisecond
	b := connect(t, small())
	b.Hurry(wait / 8)
	if err := b.Shorten(t.Context(), subject.StreamIngest, subject.ConsumerWriter, wait); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), bus.Message{Subject: subject.IngestPages, Body: []byte("kept")}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var handled atomic.Int32
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			_ = b.Batches(ctx, subject.ConsumerWriter, bus.Limits{Messages: 10, Wait: 50 * time.Millisecond}, func(context.Context, []*bus.Delivery) error {
				if handled.Add(1) == 1 {
					time.Sleep(5 * wait)
					close(done)
				}
				return nil
			})
		})
	}
	<-done
	cancel()
	readers.Wait()
	if n := handled.Load(); n != 1 {
		t.Errorf("handled: got %d times, want once", n)
	}
}
