package benchmark

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func crowdConfig(t *testing.T) Config { return Config{Binary: binary, Dir: openDir(t), Seed: 7} }

func checkNothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: got %v, %v, want nothing", left, err)
	}
}

func TestLiveMeasuresFreshness(t *testing.T) {
	cfg := LiveConfig{Config: crowdConfig(t), Relays: 12, Rate: 20, For: time.Second}
	report, err := Live(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if report.P50 <= 0 || report.P50 > report.P95 || report.P95 > report.P99 || report.P99 > report.Max {
		t.Errorf("quantiles: got %v, %v, %v, %v, want them to rise from above 0", report.P50, report.P95, report.P99, report.Max)
	}
	if report.Handed <= 0 || report.Handed > report.Max {
		t.Errorf("handed over: got %v s, want more than 0 and at most %v", report.Handed, report.Max)
	}
	if report.Published < 2 || report.Sightings < 4*report.Published {
		t.Errorf("published: got %d events with %d sightings, want some, each on at least 4 relays", report.Published, report.Sightings)
	}
	if report.Lost != 0 || report.LostSightings != 0 {
		t.Errorf("lost: got %d events and %d sightings, want none", report.Lost, report.LostSightings)
	}
	for _, name := range []string{"synchronizer", "writer", "nats", "postgres", "relays-1"} {
		if report.Memory[name] < 1<<20 {
			t.Errorf("memory of %s: got %d bytes, want that of a program", name, report.Memory[name])
		}
	}
	checkNothingLeft(t, cfg.Dir)
}

// TestWhatIsLostIsSeen notes an event that no relay has, and misses a sighting that nobody made.
func TestWhatIsLostIsSeen(t *testing.T) {
	cfg := crowdConfig(t)
	cfg.fixed = followSettings(5)
	r := &rig{cfg: cfg, crowd: &crowd{relays: 5, rate: 20, seed: 7}}
	defer r.stop()
	defer r.crowd.close()
	if err := r.assemble(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.followAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	events, sightings, err := r.missing(t.Context(), r.crowd.events+2, r.crowd.placed+3)
	if err != nil || events != 2 || sightings != 3 {
		t.Errorf("missing: got %d events and %d sightings, %v, want 2 and 3", events, sightings, err)
	}
	w := &watch{rig: r, open: map[event.ID]time.Time{{7}: time.Now()}, published: 1}
	if err := w.look(t.Context(), 100*time.Millisecond, true); err != nil {
		t.Fatal(err)
	}
	var report LiveReport
	if w.fill(&report, time.Second); report.Lost != 1 {
		t.Errorf("lost: got %d events, want 1", report.Lost)
	}
}

func TestScaleMeasuresEachRound(t *testing.T) {
	cfg := ScaleConfig{Config: crowdConfig(t), Relays: 6, Processes: []int{1, 2}, Delay: 5 * time.Millisecond, Slots: 3}
	report, err := Scale(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Rounds) != 2 {
		t.Fatalf("rounds: got %d, want 2", len(report.Rounds))
	}
	for i, round := range report.Rounds {
		if round.Processes != i+1 || round.Seconds <= 0 || round.Ratio <= 0 || round.Requests < 3*cfg.Relays {
			t.Errorf("round %d: got %+v, want a time, a ratio and some requests of each relay", i, round)
		}
	}
	if first := report.Rounds[0]; first.Ratio != 1 || first.Deviation != 0 {
		t.Errorf("first round: got ratio %v and deviation %v, want 1 and 0", first.Ratio, first.Deviation)
	}
	if _, ok := report.Rounds[1].Cores["synchronizer-2"]; !ok {
		t.Errorf("cores of round 2: got %v, want those of a second synchronizer", report.Rounds[1].Cores)
	}
	checkNothingLeft(t, cfg.Dir)
}

func TestDeviation(t *testing.T) {
	var report ScaleReport
	for _, round := range []ScaleRound{{Processes: 1, Seconds: 80}, {Processes: 2, Seconds: 44}, {Processes: 4, Seconds: 19}} {
		report.add(round)
	}
	for i, want := range []float64{0, 0.1, -0.05} {
		if got := report.Rounds[i].Deviation; math.Abs(got-want) > 1e-9 {
			t.Errorf("round %d: got deviation %v, want %v", i, got, want)
		}
	}
	if math.Abs(report.Worst-0.1) > 1e-9 {
		t.Errorf("worst: got %v, want 0.1", report.Worst)
	}
}

func TestMemorySamplesAndDraws(t *testing.T) {
	cfg := MemoryConfig{Config: crowdConfig(t), Connections: 10, Rate: 10, For: time.Second, Every: 100 * time.Millisecond}
	files := t.TempDir()
	cfg.Plot, cfg.Points = filepath.Join(files, "plot.svg"), filepath.Join(files, "points.csv")
	report, err := Memory(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Samples) < 2 || report.Peak < report.Mean || report.Mean < 10<<20 || report.LiveEvents == 0 {
		t.Errorf("got %d samples, peak %d, mean %d, %d live events, want some of each", len(report.Samples), report.Peak, report.Mean, report.LiveEvents)
	}
	for _, s := range report.Samples {
		if s.Followed != cfg.Connections || s.Heap <= 0 || s.Resident < s.Heap {
			t.Errorf("sample: got %+v, want %d relays followed and a heap within the resident memory", s, cfg.Connections)
		}
	}
	points, err := os.ReadFile(cfg.Points)
	if lines := bytes.Count(points, []byte("\n")); err != nil || lines != len(report.Samples)+1 {
		t.Errorf("points: got %d lines, %v, want %d", lines, err, len(report.Samples)+1)
	}
	plot, err := os.ReadFile(cfg.Plot)
	if err != nil || !bytes.Contains(plot, []byte("resident memory")) || !bytes.HasSuffix(plot, []byte("</svg>\n")) {
		t.Errorf("plot: got %q, %v, want a drawing", plot[:min(len(plot), 80)], err)
	}
	checkNothingLeft(t, cfg.Dir)
}

// TestSlope reads a line off samples whose first quarter goes another way.
func TestSlope(t *testing.T) {
	var report MemoryReport
	for i := range 8 {
		bytes := int64(100<<20 + i*1000)
		if i < 2 {
			bytes = int64(i)
		}
		report.Samples = append(report.Samples, Sample{At: float64(30 * i), Resident: bytes})
	}
	report.settle()
	if math.Abs(report.Slope-2000) > 0.01 {
		t.Errorf("slope: got %v bytes a minute, want 2000", report.Slope)
	}
}

// TestFarmNotesWhatItPublishes runs a farm in this process.
func TestFarmNotesWhatItPublishes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "farm")
	in, say, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	done := make(chan error, 1)
	go func() { done <- ServeFarm(FarmConfig{File: file, Relays: 6, Events: 10, Seed: 7, Rate: 200}, in, &out) }()
	if _, err := say.WriteString("what\ngo\n"); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for len(lines) < 5 {
		text, _ := os.ReadFile(file + ".said")
		lines = slices.Collect(strings.Lines(string(text)))
	}
	say.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	n, err := parseNote(lines[0])
	if err != nil || n.copies < 4 || n.copies > 5 || time.Since(n.at) < 0 || time.Since(n.at) > time.Minute {
		t.Errorf("note %q: got %+v, %v, want 4 or 5 copies a moment ago", lines[0], n, err)
	}
	urls, err := os.ReadFile(file + ".urls")
	if got := len(strings.Fields(string(urls))); err != nil || got != 6 {
		t.Errorf("URLs: got %d, %v, want 6", got, err)
	}
	for _, bad := range []string{"", "zz 1 1", lines[0][:10] + " x y"} {
		if _, err := parseNote(bad); err == nil {
			t.Errorf("note %q: got no error, want one", bad)
		}
	}
}
