package benchmark

import (
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store/measure"
)

// TestSlowAnswersFailUnlessTheyAreBounded judges three answers.
func TestSlowAnswersFailUnlessTheyAreBounded(t *testing.T) {
	var said strings.Builder
	times := []QueryTime{{Name: "fast", Pass: true, Median: 1}, {Name: "wide", Bounded: "all relays", Pass: true, Median: 90}}
	if slow, err := (Config{Progress: &said}).judge(times); err != nil || len(slow) != 0 {
		t.Errorf("without a slow one: got %q, %v, want none", slow, err)
	}
	times = append(times, QueryTime{Name: "slow", Median: 51})
	if slow, err := (Config{Progress: &said}).judge(times); err != nil || len(slow) != 1 || slow[0] != "slow" {
		t.Errorf("with a slow one: got %q, %v, want it named", slow, err)
	}
	if !strings.Contains(said.String(), "bounded by all relays") || !strings.Contains(said.String(), "FAIL") {
		t.Errorf("table: got %q, want a verdict on each", said.String())
	}
}

// TestQuestionsAreAskedOfAnArchive asks every question of a small archive, as the reader.
func TestQuestionsAreAskedOfAnArchive(t *testing.T) {
	b := &bench{cfg: WriteConfig{Config: Config{Dir: openDir(t), Events: 400, Seed: 3}, Sample: 200, Prefill: 1_000, Batch: 200, Alone: true}}
	defer b.stop(t.Context())
	if err := b.start(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	if err := b.size(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.prefill(t.Context()); err != nil {
		t.Fatal(err)
	}
	x, err := b.furnish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reader, err := measure.OpenReader(t.Context(), as(b.postgres.URL("postgres"), "bigbrotr_reader"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close(t.Context())
	names, rows := map[string]bool{}, 0
	for _, q := range readQueries {
		n, _, err := reader.Ask(t.Context(), q.text, q.args(x))
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if names[q.name] {
			t.Errorf("%s is there twice", q.name)
		}
		names[q.name], rows = true, rows+n
	}
	if rows < 5_000 {
		t.Errorf("answers: got %d rows in all, want an archive that has something to say", rows)
	}
	plan, err := reader.Explain(t.Context(), "SELECT 1 FROM generate_series(1, 3), pg_sleep($1)", []any{0.02})
	if err != nil || plan.Rows != 3 || plan.Took < 20*time.Millisecond || !strings.Contains(plan.Text, "Function Scan") {
		t.Errorf("a plan: got %+v, %v, want 3 rows after 20 ms", plan, err)
	}
}
