package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/services/standalone"
)

// TestDemo runs the whole system as a person would: one process with its own NATS and Postgres over simulated relays, to
// the end of the first round.
func TestDemo(t *testing.T) {
	dir := open(t)
	cmd := exec.Command(os.Args[0], "demo", "--exit", "--port", "0", "--events", "150", "-o", "json")
	cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "DATA_DIR=" + dir, "NATS_LISTEN=127.0.0.1:0", "OPS_LISTEN=127.0.0.1:0", "API_LISTEN=127.0.0.1:0"}
	var words strings.Builder
	cmd.Stderr = &words
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("got %v, want exit code 0; it said:\n%s\n%s", err, words.String(), stdout)
	}
	outcomes := map[string]int{}
	decoder := json.NewDecoder(strings.NewReader(string(stdout)))
	for decoder.More() {
		var row standalone.DemoRow
		if err := decoder.Decode(&row); err != nil {
			t.Fatal(err)
		}
		outcomes[row.Expect]++
		if row.Expect == "complete" && row.Archived != int64(row.Served) {
			t.Errorf("%s: got %d events, want %d", row.Name, row.Archived, row.Served)
		}
		if row.Expect == "none" && row.Archived != 0 {
			t.Errorf("%s: got %d events, want none", row.Name, row.Archived)
		}
	}
	if outcomes["complete"] < 20 || outcomes["none"] < 8 {
		t.Errorf("got rows %v, want those of the whole cast", outcomes)
	}
	nothingLeft(t, dir)
}

// open makes a directory that the user of Postgres may enter.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "brotr-demo-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary directory is no failure
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// nothingLeft looks for processes that work on the directory, and for the note of where they run.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "run.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for run.json, want it gone", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "postmaster.pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v for postmaster.pid, want a Postgres that was shut down", err)
	}
	running, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(running) == 0 {
		t.Fatalf("got %d processes (%v), want at least ourselves", len(running), err)
	}
	for _, path := range running {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), dir) {
			t.Errorf("got process %q, want none on %s", text, dir)
		}
	}
}

func TestRelaysOnlyPrintWhatAnArchiveMustHold(t *testing.T) {
	cmd := exec.Command(os.Args[0], "demo", "--relays-only", "--port", "0", "--events", "60", "--truth")
	cmd.Env = []string{asProgram + "=1"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // of a program that did not end on its own
	decoder := json.NewDecoder(out)
	events := 0
	for range 35 {
		var line relayTruth
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Name == "" || line.URL == "" || line.Expect == "" {
			t.Errorf("got %+v, want a name, a URL and what to expect", line)
		}
		events += len(line.Events)
	}
	if events < 60 {
		t.Errorf("got %d events on all relays, want at least those of the world", events)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v after a signal, want exit code 0", err)
	}
}
