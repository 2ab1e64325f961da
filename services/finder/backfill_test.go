package finder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// namedRelays archives events of which each names a relay of its own, and returns the lines that FOUND is to hold.
func (w *world) namedRelays(n int) map[string]bool {
	w.t.Helper()
	key, want := event.GenerateKey(), map[string]bool{}
	var events []event.Event
	for i := range n {
		url := fmt.Sprintf("wss://archived-%d.event.com", i)
		want[sourceNIP65+" "+url] = true
		events = append(events, key.Sign(int64(i+1), 10002, [][]string{{"r", url}}, ""))
		if len(events) == ingest.MaxBatchEvents || i == n-1 {
			w.stored(events...)
			events = nil
		}
	}
	return want
}

// TestBackfillWaitsForFoundAndGoesOn scans an archive of which FOUND holds less than half: it waits, is interrupted, and
// goes on where it was; every relay comes to FOUND.
func TestBackfillWaitsForFoundAndGoesOn(t *testing.T) {
	w := newWorldOn(t, roomy, testkit.Connect(t, testkit.SmallFoundNATSURL(t, 50_000)))
	want := w.namedRelays(2*backfillEvents + 500)
	backfill := func() *Backfill { return NewBackfill(w.parser, w.bus, w.store, testkit.Log(t)) }

	first := backfill()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		w.until("the backfill waits for FOUND", func() bool { return first.Progress().Waiting })
	}()
	report, err := first.Run(ctx, false)
	if !errors.Is(err, ErrInterrupted) || report.Events != backfillEvents || report.URLs[sourceNIP65] != backfillEvents {
		t.Fatalf("with FOUND full: got %+v, %v, want %d events and ErrInterrupted", report, err, backfillEvents)
	}

	found := w.collect()
	report, err = backfill().Run(t.Context(), false)
	if rest := int64(backfillEvents + 500); err != nil || report.Events != rest || report.LeftOut != 0 || report.EventNo != report.LastNo {
		t.Fatalf("with FOUND drained: got %+v, %v, want the other %d events", report, err, rest)
	}
	w.until("FOUND has held every URL", func() bool { return found.holds(want) })

	if report, err = backfill().Run(t.Context(), false); err != nil || report.Events != 0 {
		t.Errorf("once more: got %d events, %v, want none", report.Events, err)
	}
	if report, err = backfill().Run(t.Context(), true); err != nil || report.Events != int64(len(want)) {
		t.Errorf("again: got %d events, %v, want all %d", report.Events, err, len(want))
	}
}

// TestBackfillReadsAsTheScanDoes archives one event of each source.
func TestBackfillReadsAsTheScanDoes(t *testing.T) {
	w := newWorld(t, roomy)
	key, now := event.GenerateKey(), time.Now().Unix()
	watch := [][]string{{"d", "wss://nip66.event.com/"}}
	w.stored(
		key.Sign(now, 10002, [][]string{{"r", "wss://nip65.event.com"}}, ""),
		key.Sign(now, 2, nil, "wss://kind2.event.com"),
		key.Sign(now, 30166, watch, ""), event.GenerateKey().Sign(now, 30166, watch, ""),
		key.Sign(now, 30166, [][]string{{"d", "wss://single.event.com/"}}, ""),
		key.Sign(now, 1, [][]string{{"e", "x", "wss://hint.event.com"}}, "hi"),
		key.Sign(now, 0, nil, `{"nip05":"bob@nip05.event.com"}`),
	)
	report, err := NewBackfill(w.parser, w.bus, w.store, testkit.Log(t)).Run(t.Context(), false)
	if err != nil || report.Events != 7 {
		t.Fatalf("got %+v, %v, want 7 events", report, err)
	}
	want := map[string]bool{}
	for _, source := range []string{sourceNIP65, sourceKind2, sourceNIP66, sourceHint} {
		want[source+" wss://"+source+".event.com"] = true
	}
	found := w.collect()
	w.until("FOUND has held every URL", func() bool { return found.holds(want) })
	if len(w.domains.waiting) != 0 || len(report.URLs) != len(want) {
		t.Errorf("got URLs %v and %d domains, want one URL of each of %d sources", report.URLs, len(w.domains.waiting), len(want))
	}
}

// collected are the lines that came to FOUND, each with its source.
type collected struct {
	mu    sync.Mutex
	lines map[string]bool
}

// collect takes what is on FOUND, as the intake does, until the test ends.
func (w *world) collect() *collected {
	c := &collected{lines: map[string]bool{}}
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerIntake, intakeLimits, func(_ context.Context, deliveries []*bus.Delivery) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, d := range deliveries {
				for line := range strings.FieldsSeq(string(d.Body)) {
					c.lines[w.source(d.Subject)+" "+line] = true
				}
			}
			return nil
		})
	})
	return c
}

// holds says whether exactly these lines came.
func (c *collected) holds(want map[string]bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for line := range want {
		if !c.lines[line] {
			return false
		}
	}
	return len(c.lines) == len(want)
}
