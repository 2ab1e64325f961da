package subject_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden freezes what outsiders address: streams, subjects, consumers, buckets, headers.
func TestGolden(t *testing.T) {
	table := map[string]any{
		"streams":   subject.Streams(subject.DefaultBounds()),
		"consumers": subject.Consumers(),
		"buckets":   subject.Buckets(),
		"headers":   []string{subject.HeaderRelay, subject.HeaderSeenAt, subject.HeaderSchema, subject.HeaderReason, subject.HeaderSource},
		"samples": []string{
			subject.Found, subject.FoundFrom("seed"),
			subject.Event(30023, [32]byte{0xfe, 0x01}),
			subject.RelayFact(subject.FactDown, subject.Clearnet, subject.Token("wss://relay.damus.io")),
			subject.Check(subject.Tor, subject.Token("ws://"+strings.Repeat("a", 56)+".onion")),
			subject.Task(subject.JobSync, subject.Clearnet, subject.Token("wss://relay.example.com/a")),
			subject.Later(subject.JobCheck, subject.Clearnet, "relay_damus_io"), subject.Dead("writer"),
		},
	}
	got, err := json.MarshalIndent(table, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "streams.json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the public table changed; look at it and run with -update if that is meant: got\n%s", got)
	}
}

func TestWorkIsNeverBoundedAway(t *testing.T) {
	for _, s := range subject.Streams(subject.DefaultBounds()) {
		if s.Name == subject.StreamTasks && (s.MaxBytes != 0 || s.MaxAge != 0) {
			t.Errorf("TASKS has a limit: %+v", s)
		}
		if s.WorkQueue && s.Name != subject.StreamTasks && (!s.DiscardNew || s.MaxAge != 0) {
			t.Errorf("a work queue deletes work: %+v", s)
		}
	}
}

func TestBoundsWithin(t *testing.T) {
	small := subject.DefaultBounds().Within(1 << 30)
	if total := small.Total(); total > 1<<30 || total < 1<<29 {
		t.Errorf("got %d bytes in all, want at most 1 GiB and not far below", total)
	}
	if got := subject.DefaultBounds().Within(1 << 50); got != subject.DefaultBounds() {
		t.Errorf("got %+v on a large disk, want the defaults", got)
	}
}

// TestConsumersDoNotOverlap: a work queue refuses a second consumer for the same subject.
func TestConsumersDoNotOverlap(t *testing.T) {
	seen := map[string]string{}
	for _, c := range subject.Consumers() {
		key := c.Stream + " " + c.Filter
		if other, ok := seen[key]; ok {
			t.Errorf("%s and %s both read %s", c.Name, other, key)
		}
		seen[key] = c.Name
		if c.AckWait < 30*time.Second {
			t.Errorf("%s: an AckWait of %s is shorter than three progress reports", c.Name, c.AckWait)
		}
	}
	if !slices.Contains(subject.Networks, subject.Loki) {
		t.Error("a network is missing")
	}
}
