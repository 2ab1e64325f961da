package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestVerifyExitsWithAMismatch(t *testing.T) {
	dsn, environ, drained := archive(t)
	if _, stderr, code := bigbrotr(t, signedLines(30), environ, "import", "jsonl", "--relay", "relay.example.com", "--seen", "2d"); code != 0 {
		t.Fatalf("import: got exit code %d, %q, want 0", code, stderr)
	}
	drained()
	if stdout, stderr, code := bigbrotr(t, "", environ, "verify"); code != 0 || !strings.Contains(stdout, "30") {
		t.Errorf("verify: got exit code %d, %q%q, want 0", code, stdout, stderr)
	}
	testkit.Exec(t, dsn, "DELETE FROM event_delta WHERE delta_no = (SELECT min(delta_no) FROM event_delta)")
	if stdout, stderr, code := bigbrotr(t, "", environ, "verify", "--all"); code != mismatch ||
		!strings.Contains(stdout, "bad counter") || !strings.Contains(stderr, "bigbrotr rebuild analytics") {
		t.Errorf("verify of counters that lack some events: got exit code %d, %q%q, want 6, their names and the repair", code, stdout, stderr)
	}
	testkit.Exec(t, dsn, "UPDATE event SET content = 'x' WHERE event_no = (SELECT min(event_no) FROM event)")
	stdout, _, code := bigbrotr(t, "", environ, "verify", "--all", "-o", "json")
	var v verified
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != mismatch || v.Sound || v.BadIDs != 1 || len(v.Bad) != 1 || v.Events != 30 {
		t.Errorf("verify of a damaged archive: got exit code %d, %s, %v, want 6 and the event", code, stdout, err)
	}
}
