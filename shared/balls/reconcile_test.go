package balls

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// archive writes relays that were checked and could be read, and candidates that wait for their next try.
func archive(t *testing.T, s *store.Store, relays, candidates int, next time.Time) {
	t.Helper()
	now := time.Now().Unix()
	batch := new(ingest.Batch)
	for i := range relays {
		url := fmt.Sprintf("wss://relay%d.up.com", i)
		batch.Relays = append(batch.Relays, &ingest.Relay{Url: url, Network: subject.Clearnet, AcceptedAt: now, Vantage: "main"})
		batch.Checks = append(batch.Checks, &ingest.Check{
			Relay: url, Vantage: "main", CheckedAt: now, State: "up", StateSince: now, NextCheckAt: next.Unix(),
			Results: []*ingest.Result{{Check: "open", Ok: true}, {Check: "read", Ok: true}},
		})
	}
	for i := range candidates {
		batch.Candidates = append(batch.Candidates, &ingest.Candidate{
			Url: fmt.Sprintf("wss://candidate%d.open.com", i), Network: subject.Clearnet, Source: "seed", FoundAt: now, Vantage: "main",
			Tries: 3, TriedAt: now, Reason: "timeout", NextTryAt: next.Unix(),
		})
	}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, b *bus.Bus, job string) int {
	t.Helper()
	tokens, err := b.Balls(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return len(tokens)
}

func TestWipedBusIsRebuiltFromTheArchive(t *testing.T) {
	b, s := testkit.NATS(t), testkit.Store(t, testkit.Postgres(t))
	archive(t, s, 40, 25, time.Now().Add(time.Hour))
	made, err := Reconcile(t.Context(), b, s, Jobs("main"), testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	for job, want := range map[string]int{subject.JobValidate: 25, subject.JobCheck: 40, subject.JobSync: 40} {
		if got := count(t, b, job); made[job] != want || got != want {
			t.Errorf("%s got %d made and %d balls, want %d", job, made[job], got, want)
		}
	}
	again, err := Reconcile(t.Context(), b, s, Jobs("main"), testkit.Log(t))
	if err != nil || again.Total() != 0 {
		t.Errorf("a second pass made %v, %v, want nothing", again, err)
	}
}

func TestBallsAreNeverReplaced(t *testing.T) {
	b, s := testkit.NATS(t), testkit.Store(t, testkit.Postgres(t))
	archive(t, s, 0, 2, time.Now().Add(time.Hour))
	scheduled := bus.Task{URL: "wss://candidate0.open.com", Network: subject.Clearnet, Tries: 7}
	if err := b.Later(t.Context(), subject.JobValidate, scheduled, time.Now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	due := bus.Task{URL: "wss://candidate1.open.com", Network: subject.Clearnet, Tries: 9}
	if err := b.Now(t.Context(), subject.JobValidate, due); err != nil {
		t.Fatal(err)
	}
	made, err := Reconcile(t.Context(), b, s, Jobs("main"), testkit.Log(t))
	if err != nil || made.Total() != 0 {
		t.Fatalf("got %v made, %v, want none", made, err)
	}
	streams, err := b.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range streams {
		if stream.Name == subject.StreamTasks && stream.Messages != 2 {
			t.Errorf("TASKS got %d messages, want the 2 that were there", stream.Messages)
		}
	}
	// A pass that did not see the ball, because it was thrown after the listing, is stopped by the stream itself.
	missing, err := b.LaterIfMissing(t.Context(), subject.JobValidate, scheduled, time.Now())
	if err != nil || missing {
		t.Errorf("a second schedule got %v, %v, want it refused", missing, err)
	}
}

func TestReconcilersAtOnceMakeEachBallOnce(t *testing.T) {
	b, s := testkit.NATS(t), testkit.Store(t, testkit.Postgres(t))
	archive(t, s, 60, 0, time.Now().Add(time.Hour))
	var mu sync.Mutex
	var total int
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			made, err := Reconcile(t.Context(), b, s, Jobs("main"), testkit.Log(t))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += made.Total()
		})
	}
	all.Wait()
	if total != 120 || count(t, b, subject.JobCheck) != 60 || count(t, b, subject.JobSync) != 60 {
		t.Errorf("five passes at once made %d balls, want 120", total)
	}
}

func TestOverdueBallIsDueAtOnce(t *testing.T) {
	b, s := testkit.NATS(t), testkit.Store(t, testkit.Postgres(t))
	archive(t, s, 0, 1, time.Now().Add(-time.Hour))
	if _, err := Reconcile(t.Context(), b, s, Jobs("main"), testkit.Log(t)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := contextFor(t, 15*time.Second)
	var got bus.Task
	retry, _ := subject.Retry(subject.JobValidate) // it has failed
	err := b.Each(ctx, subject.JobConsumer(retry, subject.Clearnet), 1, take(&got, stop))
	if err != nil || got.URL != "wss://candidate0.open.com" || got.Tries != 3 {
		t.Errorf("got task %+v, %v, want the overdue candidate with its 3 tries", got, err)
	}
}

// A wiped bus does not put those that failed, or were never checked, before the others.
func TestOverdueBallsStandInTheirLines(t *testing.T) {
	b, s := testkit.NATS(t), testkit.Store(t, testkit.Postgres(t))
	now := time.Now().Unix()
	batch := new(ingest.Batch)
	for _, name := range []string{"up", "failed", "unknown"} {
		url := "wss://" + name + ".open.com"
		batch.Relays = append(batch.Relays, &ingest.Relay{Url: url, Network: subject.Clearnet, AcceptedAt: now, Vantage: "main"})
		if check := (&ingest.Check{Relay: url, Vantage: "main", CheckedAt: now, State: "up", StateSince: now, NextCheckAt: now}); name != "unknown" {
			if name == "failed" {
				check.Failures, check.FailingSince = 2, now
			}
			batch.Checks = append(batch.Checks, check)
		}
	}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Reconcile(t.Context(), b, s, Jobs("main"), testkit.Log(t)); err != nil {
		t.Fatal(err)
	}
	retry, _ := subject.Retry(subject.JobCheck)
	for line, want := range map[string]map[string]int{
		subject.JobCheck: {"wss://up.open.com": 0}, retry: {"wss://failed.open.com": 2, "wss://unknown.open.com": 1},
	} {
		ctx, stop := contextFor(t, 30*time.Second)
		got := map[string]int{}
		err := b.Each(ctx, subject.JobConsumer(line, subject.Clearnet), 1, func(_ context.Context, d *bus.Delivery) error {
			task, err := bus.ParseTask(d.Body)
			if got[task.URL] = task.Tries; len(got) == len(want) {
				stop()
			}
			return err
		})
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", line, got, err, want)
		}
	}
}

func TestKeepMakesPassesUntilItsContextEnds(t *testing.T) {
	b, s := testkit.NATS(t), testkit.Store(t, testkit.Postgres(t))
	archive(t, s, 0, 1, time.Now().Add(time.Hour))
	ctx, stop := contextFor(t, 15*time.Second)
	var passes []int
	Keep(ctx, b, s, Jobs("main"), testkit.Log(t), 50*time.Millisecond, func(made Made) {
		if passes = append(passes, made.Total()); len(passes) == 2 {
			stop()
		}
	})
	if len(passes) != 2 || passes[0] != 1 || passes[1] != 0 {
		t.Errorf("passes made %v, want 1 and 0", passes)
	}
}
