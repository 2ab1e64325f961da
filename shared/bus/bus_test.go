package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, bounds subject.Bounds) *bus.Bus {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	server := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}, log)
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL(), Name: "test"}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if _, err := b.Apply(t.Context(), bounds); err != nil {
		t.Fatal(err)
	}
	return b
}

func small() subject.Bounds { return subject.DefaultBounds().Within(256 << 20) }

func TestApplyIsIdempotentAndReady(t *testing.T) {
	b := connect(t, small())
	lines, err := b.Apply(t.Context(), small())
	if err != nil || len(lines) != 0 {
		t.Errorf("second Apply: got %q, %v, want nothing to do", lines, err)
	}
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
	larger := small()
	larger.IngestBytes *= 2
	if lines, err = b.Apply(t.Context(), larger); err != nil || len(lines) != 1 || !strings.Contains(lines[0], "grew") {
		t.Errorf("Apply with a larger bound: got %q, %v, want one grown stream", lines, err)
	}
	if lines, err = b.Apply(t.Context(), small()); err != nil || len(lines) != 1 || !strings.Contains(lines[0], "keeps") {
		t.Errorf("Apply with a smaller bound: got %q, %v, want the larger limit kept", lines, err)
	}
}

// TestTheLargestMessageCanBeGivenUp: DEAD must take what any other stream takes.
func TestTheLargestMessageCanBeGivenUp(t *testing.T) {
	b := connect(t, small())
	body := make([]byte, subject.DefaultBounds().MessageBytes)
	err := b.Publish(t.Context(), bus.Message{Subject: subject.Found, Body: body})
	for len(body) > 1<<19 && errors.Is(err, bus.ErrTooLarge) {
		body = body[1:]
		err = b.Publish(t.Context(), bus.Message{Subject: subject.Found, Body: body})
	}
	if err != nil {
		t.Fatal(err)
	}
	given := func() bool {
		streams, err := b.Streams(t.Context())
		return err == nil && streams[0].Messages == 0 && streams[5].Messages == 1
	}
	consume(t, b, subject.ConsumerIntake, 1, func(context.Context, *bus.Delivery) error {
		return bus.Discard("test", errors.New("it is of no use"))
	}, given)
}

// consume runs Each until the condition holds.
func consume(t *testing.T, b *bus.Bus, consumer string, slots int, handle func(context.Context, *bus.Delivery) error, until func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.Each(ctx, consumer, slots, handle) }()
	for !until() && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if !until() {
		t.Error("the condition did not come to hold in 20 s")
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Each: got %v, want nil after its context ended", err)
	}
}

func TestEachSettlesByVerdict(t *testing.T) {
	b := connect(t, small())
	for _, body := range []string{"good", "later", "bad"} {
		if err := b.Publish(t.Context(), bus.Message{Subject: subject.Found, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	seen := map[string]int{}
	count := func(body string) int { mu.Lock(); defer mu.Unlock(); return seen[body] }
	consume(t, b, subject.ConsumerIntake, 2, func(_ context.Context, d *bus.Delivery) error {
		body := string(d.Body)
		mu.Lock()
		seen[body]++
		n := seen[body]
		mu.Unlock()
		switch {
		case body == "bad":
			return bus.Discard("test", errors.New("it is bad"))
		case body == "later" && n == 1:
			return bus.Retry(50*time.Millisecond, errors.New("not yet"))
		}
		return nil
	}, func() bool { return count("later") == 2 && count("bad") == 1 && count("good") == 1 })

	left := map[string]uint64{}
	streams, err := b.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		left[s.Name] = s.Messages
	}
	if left[subject.StreamFound] != 0 || left[subject.StreamDead] != 1 {
		t.Errorf("got %d messages on FOUND and %d on DEAD, want 0 and 1", left[subject.StreamFound], left[subject.StreamDead])
	}
}

func TestEachHandsBackUnfinishedWork(t *testing.T) {
	b := connect(t, small())
	task := bus.Task{URL: "wss://relay.example.com", Network: subject.Clearnet}
	if _, err := b.NowIfMissing(t.Context(), subject.JobSync, task); err != nil {
		t.Fatal(err)
	}
	consumer := subject.JobConsumer(subject.JobSync, subject.Clearnet)
	started := make(chan struct{}, 10)
	consume(t, b, consumer, 1, func(ctx context.Context, _ *bus.Delivery) error {
		started <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}, func() bool { return len(started) == 1 })
	began := time.Now()
	consume(t, b, consumer, 1, func(context.Context, *bus.Delivery) error {
		started <- struct{}{}
		return nil
	}, func() bool { return len(started) == 2 })
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a peer got the work after %s, want less than 5 s", took)
	}
}

func TestEachNeverExceedsItsSlots(t *testing.T) {
	b := connect(t, small())
	for i := range 50 {
		if err := b.Publish(t.Context(), bus.Message{Subject: subject.Found, Body: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	now, peak, done := 0, 0, 0
	consume(t, b, subject.ConsumerIntake, 4, func(context.Context, *bus.Delivery) error {
		mu.Lock()
		now++
		peak = max(peak, now)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		now--
		done++
		mu.Unlock()
		return nil
	}, func() bool { mu.Lock(); defer mu.Unlock(); return done == 50 })
	if peak > 4 || peak < 2 {
		t.Errorf("got %d messages in work at once, want 2 to 4", peak)
	}
}

func TestBallsAreOnePerRelayAndJob(t *testing.T) {
	b := connect(t, small())
	ctx, task := t.Context(), bus.Task{URL: "wss://relay.example.com/a", Network: subject.Clearnet, ReadableAt: 3}
	hour := time.Now().Add(time.Hour)
	if created, err := b.LaterIfMissing(ctx, subject.JobCheck, task, hour); err != nil || !created {
		t.Fatalf("first LaterIfMissing: got %v, %v, want created", created, err)
	}
	if created, err := b.LaterIfMissing(ctx, subject.JobCheck, task, hour); err != nil || created {
		t.Fatalf("second LaterIfMissing: got %v, %v, want not created", created, err)
	}
	balls, err := b.Balls(ctx, subject.JobCheck)
	if _, ok := balls[subject.Token(task.URL)]; err != nil || len(balls) != 1 || !ok {
		t.Fatalf("got balls %v, %v, want the relay's alone", balls, err)
	}
	if err := b.Now(ctx, subject.JobCheck, task); err != nil {
		t.Fatal(err)
	}
	if n := tasks(t, b); n != 1 {
		t.Errorf("after Now: got %d messages on TASKS, want the task alone", n)
	}
	if err := b.Later(ctx, subject.JobCheck, task, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	var got []bus.Task
	var mu sync.Mutex
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
	consume(t, b, subject.JobConsumer(subject.JobCheck, subject.Clearnet), 1, func(_ context.Context, d *bus.Delivery) error {
		parsed, err := bus.ParseTask(d.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, parsed)
		return err
	}, func() bool { return count() == 2 })
	for _, g := range got {
		if !reflect.DeepEqual(g, task) {
			t.Errorf("got task %+v, want %+v", g, task)
		}
	}
	if n := tasks(t, b); n != 0 {
		t.Errorf("at the end: got %d messages on TASKS, want 0", n)
	}
}

func tasks(t *testing.T, b *bus.Bus) uint64 {
	t.Helper()
	streams, err := b.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return streams[1].Messages
}

func TestPublishAllStoresWithoutTheAuthor(t *testing.T) {
	b := connect(t, small())
	var messages []bus.Message
	for i := range 2500 {
		messages = append(messages, bus.Message{Subject: subject.Event(1, [32]byte{byte(i)}), Body: fmt.Append(nil, i), Header: map[string]string{subject.HeaderSchema: "1"}})
	}
	if err := b.PublishAll(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	var got []string
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := b.Batches(ctx, subject.ConsumerScanner, bus.Limits{Messages: 1000, Wait: 200 * time.Millisecond}, func(_ context.Context, ds []*bus.Delivery) error {
		for _, d := range ds {
			got = append(got, d.Subject)
		}
		if len(got) == len(messages) {
			cancel()
		}
		return nil
	})
	if err != nil || len(got) != len(messages) {
		t.Fatalf("got %d messages, %v, want %d", len(got), err, len(messages))
	}
	if want := "brotr.event.1.01"; got[1] != want {
		t.Errorf("got stored subject %q, want %q", got[1], want)
	}
}

func TestIngestRefusesWhenFull(t *testing.T) {
	bounds := small()
	bounds.IngestBytes = 64 << 10
	b := connect(t, bounds)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		id := make([]byte, 2048)
		for j := range id {
			id[j] = byte(i*7919 + j*j*31 + j>>3) // does not compress away
		}
		err = b.Ingest(t.Context(), subject.IngestPages, &ingest.Batch{Pages: []*ingest.Page{{KnownIds: id}}})
	}
	if !errors.Is(err, bus.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if err := b.Publish(t.Context(), bus.Message{Subject: "brotr.nothing"}); !errors.Is(err, bus.ErrNoStream) {
		t.Errorf("a mistyped subject: got %v, want ErrNoStream", err)
	}
	if err := b.Publish(t.Context(), bus.Message{Subject: subject.Found, Body: make([]byte, 2<<20)}); !errors.Is(err, bus.ErrTooLarge) {
		t.Errorf("2 MiB: got %v, want ErrTooLarge", err)
	}
}

func TestLeaseIsHeldByOne(t *testing.T) {
	b := connect(t, small())
	lease, err := b.Lease(t.Context(), "sync.relay_example_com")
	if err != nil {
		t.Fatal(err)
	}
	var held *bus.HeldError
	if _, err := b.Lease(t.Context(), "sync.relay_example_com"); !errors.As(err, &held) || held.Remaining <= 0 || held.Remaining > subject.LeaseTTL {
		t.Errorf("second holder: got %v, want a HeldError with its time", err)
	}
	lease.Release()
	again, err := b.Lease(t.Context(), "sync.relay_example_com")
	if err != nil {
		t.Fatalf("after Release: %v", err)
	}
	again.Release()
}

// TestLeaseOutlivesTheServer: the bucket is kept in memory, and a server that was killed forgets
// even that there was one.
func TestLeaseOutlivesTheServer(t *testing.T) {
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	first := natsd.New(natsd.Config{Dir: dir, Listen: "127.0.0.1:0"}, log)
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := bus.Connect(t.Context(), bus.Config{URL: first.URL(), Name: "test"}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Apply(t.Context(), small()); err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(first.URL(), "nats://")
	first.Stop()
	second := natsd.New(natsd.Config{Dir: dir, Listen: addr}, log)
	if err := second.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer second.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		lease, err := b.Lease(ctx, "sync.relay_example_com")
		if err == nil {
			lease.Release()
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("after the server came back: %v", err)
		}
	}
}

func TestStateIsKept(t *testing.T) {
	b := connect(t, small())
	if _, found, err := b.Get(t.Context(), "a.b"); err != nil || found {
		t.Errorf("got %v, %v, want not found", found, err)
	}
	if err := b.Put(t.Context(), "a.b", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if value, found, err := b.Get(t.Context(), "a.b"); err != nil || !found || string(value) != "1" {
		t.Errorf("got %q, %v, %v, want 1", value, found, err)
	}
}

// TestParkedWorkKeepsNobodyWaiting: with one slot, a second message is worked on while the first is parked.
func TestParkedWorkKeepsNobodyWaiting(t *testing.T) {
	b := connect(t, small())
	first := bus.Task{URL: "wss://first.example", Network: subject.Clearnet}
	second := bus.Task{URL: "wss://second.example", Network: subject.Clearnet}
	if err := b.Now(t.Context(), subject.JobSync, first); err != nil {
		t.Fatal(err)
	}
	var done atomic.Int32
	replaced := make(chan bool, 2)
	consume(t, b, subject.JobConsumer(subject.JobSync, subject.Clearnet), 1, func(ctx context.Context, d *bus.Delivery) error {
		defer done.Add(1)
		task, err := bus.ParseTask(d.Body)
		if err != nil || task.URL != first.URL || done.Load() > 1 {
			return err
		}
		is, err := d.Replaced(ctx)
		if err != nil {
			return err
		}
		replaced <- is
		d.Park()
		if err := b.Now(ctx, subject.JobSync, second); err != nil {
			return err
		}
		for done.Load() == 0 && app.Sleep(ctx, time.Millisecond) {
		}
		if err := d.Unpark(ctx); err != nil {
			return err
		}
		if err := b.Now(ctx, subject.JobSync, first); err != nil {
			return err
		}
		is, err = d.Replaced(ctx)
		replaced <- is
		return err
	}, func() bool { return done.Load() == 3 })
	if before, after := <-replaced, <-replaced; before || !after {
		t.Errorf("got replaced %t before and %t after a newer task, want false and true", before, after)
	}
}
