package bus_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// later makes a task due in a moment at each of n relays that failed so often.
func later(t *testing.T, b *bus.Bus, job, network, name string, n, failures int) {
	t.Helper()
	for i := range n {
		task := bus.Task{URL: fmt.Sprintf("wss://%s%d.example.com", name, i), Network: network, Tries: failures}
		if err := b.Later(t.Context(), job, task, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// work runs handle for tasks until done says so.
func work(t *testing.T, b *bus.Bus, job, network string, slots, places int, handle func(context.Context, *bus.Delivery) error, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for !done() && app.Sleep(ctx, 5*time.Millisecond) {
		}
		cancel()
	}()
	if err := b.Work(ctx, job, network, slots, places, handle); err != nil {
		t.Errorf("Work: got %v, want nil", err)
	}
	if !done() {
		t.Fatal("the work was not done within a minute")
	}
}

// Five that failed hold one slot and one place until everything is over: all who answer are done meanwhile, whatever the job.
func TestThoseThatFailedHoldUpNobody(t *testing.T) {
	for _, c := range []struct{ job, network string }{
		{subject.JobCheck, subject.Clearnet}, {subject.JobValidate, subject.Tor}, {subject.CheckJob("berlin"), subject.Loki},
	} {
		t.Run(c.job, func(t *testing.T) {
			b := connect(t, small())
			if retry, _ := subject.Retry(c.job); c.job == subject.CheckJob("berlin") {
				for _, job := range []string{c.job, retry} {
					if err := b.ApplyConsumer(t.Context(), subject.JobConsumer(job, c.network)); err != nil {
						t.Fatal(err)
					}
				}
			}
			later(t, b, c.job, c.network, "dead", 5, 3)
			later(t, b, c.job, c.network, "good", 8, 0)
			var good, dead atomic.Int32
			work(t, b, c.job, c.network, 4, 2, func(ctx context.Context, d *bus.Delivery) error {
				defer d.ParkAfter(time.Millisecond)()
				task, err := bus.ParseTask(d.Body)
				if err != nil {
					return err
				}
				if task.Tries == 0 {
					good.Add(1)
					return nil
				}
				dead.Add(1)
				<-ctx.Done()
				return ctx.Err()
			}, func() bool { return good.Load() == 8 && dead.Load() == 2 })
			if n := dead.Load(); n != 2 {
				t.Errorf("got %d dead ones in work, want those of one slot and one place", n)
			}
			balls, err := b.Balls(t.Context(), c.job)
			if err != nil || len(balls) != 5 {
				t.Errorf("got balls of %d relays, %v, want the 5 that are still in work or wait", len(balls), err)
			}
		})
	}
}

// A relay whose task waits behind others that failed is wished for: it is done at once.
func TestNowJumpsTheQueueOfThoseThatFailed(t *testing.T) {
	b := connect(t, small())
	later(t, b, subject.JobCheck, subject.Clearnet, "dead", 3, 1)
	wished := bus.Task{URL: "wss://wished.example.com", Network: subject.Clearnet, Tries: 7}
	if err := b.Later(t.Context(), subject.JobCheck, wished, time.Now()); err != nil {
		t.Fatal(err)
	}
	var dead, came atomic.Int32
	work(t, b, subject.JobCheck, subject.Clearnet, 4, 0, func(ctx context.Context, d *bus.Delivery) error {
		if task, err := bus.ParseTask(d.Body); err != nil || task.URL == wished.URL {
			came.Add(1)
			return err
		}
		if dead.Add(1) == 1 {
			wished.Tries = 0
			if err := b.Now(ctx, subject.JobCheck, wished); err != nil {
				t.Error(err)
			}
		}
		<-ctx.Done()
		return ctx.Err()
	}, func() bool { return came.Load() == 1 })
	if dead.Load() != 1 {
		t.Errorf("got %d of those that failed in work, want one, of a quarter of four slots", dead.Load())
	}
}

// With one slot and two places for each line, four handlers that all wait for each other's company come together only three at once.
func TestParkAfterGivesSlotsBack(t *testing.T) {
	for name, failures := range map[string]int{"answered": 0, "failed": 1} {
		t.Run(name, func(t *testing.T) {
			b := connect(t, small())
			later(t, b, subject.JobCheck, subject.Clearnet, "r", 4, failures)
			var inside, most, done atomic.Int32
			work(t, b, subject.JobCheck, subject.Clearnet, 1, 4, func(ctx context.Context, d *bus.Delivery) error {
				defer done.Add(1)
				defer d.ParkAfter(time.Millisecond)()
				n := inside.Add(1)
				defer inside.Add(-1)
				for most.Load() < n && !most.CompareAndSwap(most.Load(), n) {
				}
				for most.Load() < 3 && app.Sleep(ctx, time.Millisecond) {
				}
				return ctx.Err()
			}, func() bool { return done.Load() == 4 })
			if most.Load() != 3 {
				t.Errorf("got %d handlers at once, want one slot and two places", most.Load())
			}
		})
	}
}

func TestNobodyParksOutsideOfWork(t *testing.T) {
	leave := (&bus.Delivery{}).ParkAfter(0)
	leave()
	leave()
}

func TestJobWithoutALineOfThoseThatFailedIsRefused(t *testing.T) {
	nothing := func(context.Context, *bus.Delivery) error { return nil }
	if err := connect(t, small()).Work(t.Context(), subject.JobSync, subject.Clearnet, 1, 1, nothing); err == nil {
		t.Error("got no error, want one: its consumers do not exist")
	}
}
