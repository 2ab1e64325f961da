package standalone

import (
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

func TestVerdictOfQueues(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		stream bus.StreamStatus
		want   Verdict
	}{
		{"empty", bus.StreamStatus{Name: "INGEST", MaxBytes: 100}, OK},
		{"young", bus.StreamStatus{Name: "INGEST", Messages: 9, Oldest: now.Add(-59 * time.Second), MaxBytes: 100}, OK},
		{"old", bus.StreamStatus{Name: "INGEST", Messages: 1, Oldest: now.Add(-2 * time.Minute), MaxBytes: 100}, Warning},
		{"very old", bus.StreamStatus{Name: "FOUND", Messages: 1, Oldest: now.Add(-time.Hour), MaxBytes: 100}, Critical},
		{"half full", bus.StreamStatus{Name: "INGEST", Bytes: 51, MaxBytes: 100}, Warning},
		{"full", bus.StreamStatus{Name: "INGEST", Bytes: 91, MaxBytes: 100}, Critical},
		{"old tasks are schedules", bus.StreamStatus{Name: "TASKS", Messages: 1, Oldest: now.Add(-time.Hour), MaxBytes: -1}, OK},
		{"old events are history", bus.StreamStatus{Name: "EVENTS", Messages: 1, Oldest: now.Add(-time.Hour), Bytes: 99, MaxBytes: 100}, OK},
		{"given up", bus.StreamStatus{Name: "DEAD", Messages: 1, Oldest: now}, Warning},
	} {
		s := Status{At: now, Verdict: OK}
		s.stage(c.stream)
		if s.Verdict != c.want || (len(s.Problems) > 0) != (c.want != OK) {
			t.Errorf("%s: got %s and %q, want %s", c.name, s.Verdict, s.Problems, c.want)
		}
	}
}

func TestPauseIsTold(t *testing.T) {
	s := Status{Verdict: OK, Paused: map[string]time.Time{"monitor": time.Unix(1767268800, 0)}}
	s.pause()
	want := "monitor is paused since 2026-01-01T12:00:00Z: bigbrotr resume monitor"
	if s.Verdict != Warning || len(s.Problems) != 1 || s.Problems[0] != want {
		t.Errorf("got %s and %q, want a warning and %q", s.Verdict, s.Problems, want)
	}
}

func TestCriticalStaysCritical(t *testing.T) {
	s := Status{Verdict: OK}
	s.problem(Critical, "a")
	s.problem(Warning, "b")
	if s.Verdict != Critical || len(s.Problems) != 2 {
		t.Errorf("got %s and %q, want critical and both", s.Verdict, s.Problems)
	}
}

func TestRatesAreBetweenTwoLooks(t *testing.T) {
	now := time.Now()
	before := Status{At: now, Streams: []bus.StreamStatus{{Name: "INGEST", LastSeq: 10}}}
	after := Status{At: now.Add(2 * time.Second), Streams: []bus.StreamStatus{{Name: "INGEST", LastSeq: 20}}, Stages: []Stage{{Name: "INGEST"}}}
	after.Since(before)
	if after.Stages[0].PerSecond != 5 {
		t.Errorf("got %g a second, want 5", after.Stages[0].PerSecond)
	}
}

func TestProgressLineTellsTheLag(t *testing.T) {
	s := Status{Archive: Archive{Relays: map[string]map[string]int64{"clearnet": {"up": 2, "dead": 1, "down": 1}, "tor": {"up": 1}}, Candidates: 9,
		Events: 7, Sightings: 8}, Stages: []Stage{{Name: "INGEST", Messages: 4, OldestAgeSeconds: 3}}, Dead: 2}
	want := "found 9 · relays 5 (up 3, down 2, blocked 0, auth only 0, unchecked 0) · events 7 · sightings 8 · 4 batches to write, " +
		"the oldest 3s · 2 given up"
	if got := progressLine(s); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhereToLookShowsNoPassword(t *testing.T) {
	var out strings.Builder
	Config{Progress: &out}.whereToLook(Places{NATS: "nats://user:hunter2@n:4222", Reader: "postgres://r:hunter2@d/x"})
	if got := out.String(); strings.Contains(got, "hunter2") || !strings.Contains(got, "nats://user@n:4222") {
		t.Errorf("got %q, want no password", got)
	}
}
