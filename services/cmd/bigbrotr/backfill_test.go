package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestCandidateBackfillGoesOn interrupts the verb when FOUND is full and starts it again when somebody reads FOUND.
func TestCandidateBackfillGoesOn(t *testing.T) {
	const events = 2500
	url := testkit.SmallFoundNATSURL(t, 50_000)
	b := testkit.Connect(t, url)
	_, environ, drained := archiveOn(t, url)
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte(relayLists(events)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := bigbrotr(t, "", environ, "import", "jsonl", file); code != 0 {
		t.Fatalf("import: got code %d, %s", code, stderr)
	}
	drained()

	stderr, code := interrupted(t, environ, func() bool { return testkit.Messages(t, b, subject.StreamFound) > 2 }, "candidate", "backfill")
	if code != app.Interrupted || !strings.Contains(stderr, "read 1000 events") || !strings.Contains(stderr, "without --again goes on") {
		t.Fatalf("interrupted: got code %d, %s", code, stderr)
	}
	ctx, stop := context.WithCancel(t.Context())
	reading := make(chan error, 1)
	go func() {
		limits := bus.Limits{Messages: 10, Wait: 50 * time.Millisecond}
		reading <- b.Batches(ctx, subject.ConsumerIntake, limits, func(context.Context, []*bus.Delivery) error { return nil })
	}()
	defer func() { stop(); <-reading }()
	for _, step := range []struct {
		what string
		args []string
		want int
	}{{"the rest", nil, events - 1000}, {"nothing new", nil, 0}, {"again", []string{"--again"}, events}} {
		stdout, stderr, code := bigbrotr(t, "", environ, append([]string{"candidate", "backfill", "-o", "json"}, step.args...)...)
		var report struct {
			Events int
			URLs   map[string]int
		}
		err := json.Unmarshal([]byte(stdout), &report)
		if err != nil || code != 0 || report.Events != step.want || report.URLs["nip65"] != step.want {
			t.Errorf("%s: got code %d, %s%s, %v, want %d events", step.what, code, stdout, stderr, err, step.want)
		}
	}
}

// relayLists makes n events that name a relay each.
func relayLists(n int) string {
	key := event.GenerateKey()
	var text strings.Builder
	for i := range n {
		e := key.Sign(int64(1_700_000_000+i), 10002, [][]string{{"r", fmt.Sprintf("wss://archived-%d.event.com", i)}}, "")
		text.Write(append(e.AppendJSON(nil), '\n'))
	}
	return text.String()
}

// interrupted runs a verb and interrupts it when something holds.
func interrupted(t *testing.T, environ []string, when func() bool, args ...string) (stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "DATA_DIR=" + t.TempDir()}, environ...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "it is time to interrupt", when)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its code tells
	return errs.String(), cmd.ProcessState.ExitCode()
}
