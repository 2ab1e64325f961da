package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestRetentionPlansAndApplies(t *testing.T) {
	dsn, environ, drained := archive(t)
	environ = append(environ, "DATABASE_ERASER_URL="+testkit.EraserURL(dsn))
	if _, stderr, code := bigbrotr(t, signedLines(12), environ, "import", "jsonl"); code != 0 {
		t.Fatalf("import: got exit code %d, %q, want 0", code, stderr)
	}
	drained()
	if _, _, code := bigbrotr(t, "", environ, "retention", "plan"); code != usage {
		t.Errorf("plan without rules: got exit code %d, want 2", code)
	}
	file := filepath.Join(t.TempDir(), "retention.yaml")
	if err := os.WriteFile(file, []byte("rules: [{name: notes, kinds: [1]}, {name: none, kinds: [2]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "RETENTION_RULES="+file)
	plan, _, code := bigbrotr(t, "", environ, "retention", "plan", "-o", "json")
	if code != 0 || !strings.HasPrefix(plan, `{"rule":"notes","events":12,"bytes":`) || !strings.Contains(plan, `{"rule":"none","events":0}`) {
		t.Errorf("plan: got exit code %d, %s, want 12 events and none", code, plan)
	}
	if done, _, code := bigbrotr(t, "", environ, "retention", "apply", "-o", "json"); code != 0 || !strings.Contains(done, `{"rule":"notes","events":12}`) {
		t.Errorf("apply: got exit code %d, %s, want 12 events", code, done)
	}
	if n := testkit.Number(t, dsn, "SELECT count(*) FROM event"); n != 0 {
		t.Errorf("events afterwards: got %d, want none", n)
	}
	if err := os.WriteFile(file, []byte("rules: [{}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := bigbrotr(t, "", environ, "config", "validate"); code != usage || !strings.Contains(stderr, "RETENTION_RULES") {
		t.Errorf("config validate of a rule without a condition: got exit code %d, %q, want 2", code, stderr)
	}
}
