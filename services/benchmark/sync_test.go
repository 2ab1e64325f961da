package benchmark

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
)

const fewEvents = 1500

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// openDir is a directory that Postgres gets into when the tests run as root.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bench-dir-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSyncMeasuresTheWholePipeline(t *testing.T) {
	dir := openDir(t)
	var progress bytes.Buffer
	report, err := Sync(t.Context(), Config{Binary: binary, Dir: dir, Events: fewEvents, Seed: 7, Progress: &progress,
		Environ: map[string]string{"SYNC_PAGE_LIMIT": "300", "DATABASE_URL": "postgres://elsewhere"}}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Walks) != 3 || report.NewPerSecond <= 0 || report.ElsewherePerSecond <= 0 || report.KnownPerSecond <= 0 {
		t.Errorf("walks: got %+v, want three with a rate", report.Walks)
	}
	for _, name := range []string{"synchronizer", "nats", "writer", "postgres", total} { // the relay needs less than a tick
		if report.Walks[0].CPU[name] <= 0 {
			t.Errorf("CPU of %s: got %v, want some", name, report.Walks[0].CPU[name])
		}
	}
	if got := report.Walks[0].OwnCores; got > float64(report.Machine.Cores)*1.1 {
		t.Errorf("cores in use: got %.1f of %d", got, report.Machine.Cores)
	}
	for i, want := range []float64{1, 1, 0} { // walked again, Postgres has just said that it has them
		if got := report.Walks[i].Looked; got < want || got > want+0.5 {
			t.Errorf("walk %s: got %.2f lookups in the archive for an event, want %.0f", report.Walks[i].Name, got, want)
		}
	}
	if report.VerifyMicroseconds < 1 || len(report.Stages) != 4 {
		t.Errorf("verification: got %.1f µs and the stages %v, want some time and four", report.VerifyMicroseconds, report.Stages)
	}
	for _, stage := range report.Stages {
		if stage.Microseconds <= 0 {
			t.Errorf("stage %s: got %.1f µs, want some", stage.Name, stage.Microseconds)
		}
	}
	for _, p := range report.Processes {
		if p.Peak < 1<<20 {
			t.Errorf("peak memory of %s: got %d bytes, want that of a program", p.Name, p.Peak)
		}
	}
	if got := report.Settings["SYNC_PAGE_LIMIT"]; got != "300" {
		t.Errorf("setting handed on: got %q, want 300", got)
	}
	if got := report.Settings["DATABASE_URL"]; got != "" {
		t.Errorf("setting that is not for the benchmark: got %q, want none", got)
	}
	if !strings.Contains(progress.String(), "walk again") {
		t.Errorf("progress: got %q, want the walks", progress.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: got %v, %v, want nothing", left, err)
	}
}

// TestALostEventIsAnError adds an id to those that the relay holds: the archive cannot have it.
func TestALostEventIsAnError(t *testing.T) {
	r := &rig{cfg: Config{Binary: binary, Dir: openDir(t), Events: 100, Seed: 7}}
	defer r.stop()
	if err := r.assemble(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.measure(t.Context(), r.walks()[0]); err != nil {
		t.Fatal(err)
	}
	if err := r.verify(t.Context()); err != nil {
		t.Errorf("verify: got %v, want nil", err)
	}
	if _, err := r.measure(t.Context(), r.walks()[0]); !errors.Is(err, errNothingToWalk) {
		t.Errorf("a walk over what is proven: got %v, want an error instead of a rate", err)
	}
	ids, err := os.ReadFile(r.idsFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.idsFile(), append(ids, bytes.Repeat([]byte{7}, 32)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.verify(t.Context()); err == nil || !strings.Contains(err.Error(), "100 of 101") {
		t.Errorf("verify with an id that nobody stored: got %v, want 100 of 101 events", err)
	}
}

// TestADeadProcessIsNamed gives the relay an option that it does not know.
func TestADeadProcessIsNamed(t *testing.T) {
	_, said, err := start(t.Context(), binary, t.TempDir(), "relay", nil, []string{"bench", "relay", "--nonsense"}, true)
	if err == nil || !strings.Contains(err.Error(), "run relay: ended before it was ready") || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("start: got %q, %v, want an error that shows the log of the process", said, err)
	}
}

func TestCounter(t *testing.T) {
	const text = "# HELP a_total b\na_total_more 3\na_total{x=\"y\"} 4\na_total 5e+06\n"
	for name, want := range map[string]float64{"a_total": 5e6, "a_total{x=\"y\"}": 4, "b_total": 0} {
		if got, err := counter(strings.NewReader(text), name); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
		}
	}
	if _, err := counter(strings.NewReader("a_total five\n"), "a_total"); err == nil {
		t.Error("a counter that is no number: got no error, want one")
	}
}
