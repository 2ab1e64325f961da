package benchmark

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

func TestWriteMeasuresTheArchiveBesideTheOriginal(t *testing.T) {
	cfg := WriteConfig{Config: Config{Dir: openDir(t), Events: 1200, Seed: 3}, Sample: 600, Prefill: 3000, Batch: 200, Hostile: true, Readers: 5, Counting: true,
		Beside: true,
		Corpus: writeCorpus(t)}
	report, err := Write(t.Context(), cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if report.Event.Rows != 600 || report.Sighting.Rows != 3000 || report.Corpus.Events != 50 {
		t.Errorf("rows: got %d events, %d sightings, %d of the corpus, want 600, 3000, 50", report.Event.Rows, report.Sighting.Rows, report.Corpus.Events)
	}
	figures := map[string]float64{}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"new_events_per_second", "new_events_per_second_two", "known_sightings_per_second", "new_sightings_per_second",
		"bytes_per_event", "bytes_per_sighting", "wal_bytes_per_event", "wal_bytes_per_new_sighting", "json_bytes_per_event",
		"ratio_new_to_original", "ratio_new_to_empty", "ratio_new_sightings_to_original", "ratio_known_sightings_to_original"} {
		figures[name], _ = all[name].(float64)
		if figures[name] <= 0 {
			t.Errorf("%s: got %v, want a figure", name, all[name])
		}
	}
	if parts := report.Event.Parts; parts["heap"] == 0 || parts["event_tag_hashes"] == 0 || parts["event_pkey"] == 0 {
		t.Errorf("parts of event: got %v, want heap and indexes", parts)
	}
	if r := report.Readers; r == nil || r.Readers != 5 || r.Asked < 5 || r.P50 <= 0 || r.P99 < r.P50 || r.Most < r.P99 || r.Rate <= 0 || r.Alone <= 0 || len(r.Slowest) != slowest {
		t.Errorf("readers: got %+v, want times of 5 readers and the writer's rates", r)
	}
	if len(report.Phases) != 16 {
		t.Errorf("phases: got %d, want new, twice known, each beside the original, two at once, beside an empty one, peaceful and hostile, unread and read, counted and not, twice", len(report.Phases))
	}
	left, _ := filepath.Glob(filepath.Join(cfg.Dir, "*"))
	if len(left) != 0 {
		t.Errorf("files left behind: got %v, want none", left)
	}
}

// TestALostRowIsAnError writes the same events twice as new ones.
func TestALostRowIsAnError(t *testing.T) {
	b := &bench{cfg: WriteConfig{Config: Config{Dir: openDir(t), Events: 4}, Sample: 4, Batch: 2, Alone: true}}
	defer b.stop(t.Context())
	if err := b.start(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	events := pointers(b.events[:4])
	if err := b.timed(t.Context(), events, lane{name: phaseNew, write: b.writeNew}); err != nil {
		t.Fatal(err)
	}
	if err := b.timed(t.Context(), events, lane{name: phaseNew, write: b.writeNew}); err == nil || !strings.Contains(err.Error(), "stored 0 of 2 rows") {
		t.Errorf("known events written as new ones: got %v, want an error", err)
	}
}

// writeCorpus writes 50 signed events as JSONL.
func writeCorpus(t *testing.T) string {
	t.Helper()
	var text []byte
	for _, e := range simrelay.GenerateWorld(simrelay.WorldConfig{Seed: 9, Events: 50}).Events {
		text = append(e.AppendJSON(text), '\n')
	}
	path := filepath.Join(t.TempDir(), "corpus.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHostileEventsAreEachAnother(t *testing.T) {
	for _, s := range sorts {
		a, b := s.make(1), s.make(2)
		if event.ID(append(a.Id, 0)[:32]) == event.ID(append(b.Id, 0)[:32]) {
			t.Errorf("%s: got the same event twice", s.name)
		}
	}
}

// TestAKeptArchiveIsUsedAgain fills an archive in two runs.
func TestAKeptArchiveIsUsedAgain(t *testing.T) {
	cfg := WriteConfig{Config: Config{Dir: openDir(t), Events: 40, Seed: 3}, Sample: 20, Prefill: 100, Batch: 20, Alone: true}
	cfg.Data = filepath.Join(cfg.Dir, "kept")
	for _, want := range []int64{0, 140} {
		b := &bench{cfg: cfg}
		if err := b.start(t.Context(), quiet()); err != nil {
			t.Fatal(err)
		}
		if b.found != want {
			t.Errorf("found: got %d events, want %d", b.found, want)
		}
		b.stop(t.Context())
		if _, err := Write(t.Context(), cfg, quiet()); err != nil {
			t.Fatal(err)
		}
	}
}
