package finder

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestRunDoesEverythingAtOnceAndEnds(t *testing.T) {
	w := newWorld(t, roomy)
	w.archive(&ingest.Batch{Candidates: []*ingest.Candidate{{
		Url: "wss://lost-ball.com", Network: subject.Clearnet, Source: "seed", FoundAt: 1, Tries: 1, TriedAt: 2, Reason: "dns", NextTryAt: 3,
	}}})
	w.archived(event.GenerateKey().Sign(1, 10002, [][]string{{"r", "wss://from-event.com"}}, ""))
	w.inject(subject.Found, "wss://from-people.com")
	w.run(w.write)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for _, url := range []string{"wss://lost-ball.com", "wss://from-event.com", "wss://from-people.com"} {
		w.until(url+" has a task", func() bool { _, has := w.tasks()[subject.Token(url)]; return has })
	}
	w.until("the service answers", func() bool {
		reply, err := w.bus.Request(t.Context(), subject.RelayAdd, []byte("from-people.com"))
		return err == nil && strings.Contains(string(reply), known)
	})
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run got %v, want nil after its context ended", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Run did not end in 10 s")
	}
}

func TestWrongListFileEndsTheRun(t *testing.T) {
	w := newWorld(t, Config{Sources: t.TempDir(), MaxPerDomain: 1, MaxPerDay: 1})
	if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "FINDER_SOURCES") {
		t.Errorf("got %v, want an error that names FINDER_SOURCES", err)
	}
}

func TestReplicasShareTheIntake(t *testing.T) {
	w := newWorld(t, roomy)
	w.intakeAndWriter()
	other := New(roomy, netconfMain, local, w.bus, w.store, testkit.Log(t))
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerIntake, intakeLimits, other.intake)
	})
	for i := range 300 {
		w.inject(subject.Found, fmt.Sprintf("wss://r.shared%d.com", i%100)) // each one three times
	}
	w.settled()
	if got := len(w.tasks()); got != 100 {
		t.Errorf("got %d tasks, want 100", got)
	}
}
