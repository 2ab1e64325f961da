package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestExportIsWhatWasImported sends lines in and takes them out again: the same bytes, in the order of their time.
func TestExportIsWhatWasImported(t *testing.T) {
	_, environ, drained := archive(t)
	text := signedLines(50)
	if _, stderr, code := bigbrotr(t, text, environ, "import", "jsonl"); code != 0 {
		t.Fatalf("import: got exit code %d, %q, want 0", code, stderr)
	}
	drained()
	if stdout, stderr, code := bigbrotr(t, "", environ, "export", "jsonl"); code != 0 || stdout != text {
		t.Errorf("to stdout: got exit code %d, %d bytes, %q, want the %d that came in", code, len(stdout), stderr, len(text))
	}
	file := filepath.Join(t.TempDir(), "kind1.jsonl.zst")
	stdout, stderr, code := bigbrotr(t, "", environ, "export", "jsonl", "--kind", "1", "--since", "1700000010", "-o", file)
	var manifest struct {
		Format, View string
		Events       struct{ Count int64 }
		Stream       struct{ Name string }
	}
	if err := json.Unmarshal([]byte(stdout), &manifest); err != nil || code != 0 || manifest.Events.Count != 40 ||
		manifest.View != "shown" || manifest.Stream.Name != "EVENTS" {
		t.Errorf("to a file: got exit code %d, %s%s, %v, want a manifest of 40 events", code, stdout, stderr, err)
	}
	if _, err := os.Stat(file + ".manifest.json"); err != nil {
		t.Error(err)
	}
	for args, want := range map[string]int{"": usage, "--again": 0} {
		command := []string{"export", "jsonl", "-o", file}
		if args != "" {
			command = append(command, args)
		}
		if _, stderr, code := bigbrotr(t, "", environ, command...); code != want {
			t.Errorf("over what lies there, %q: got exit code %d, %q, want %d", args, code, stderr, want)
		}
	}
	if _, _, code := bigbrotr(t, "", environ, "export", "jsonl", "--author", "nsec1xyz"); code != usage {
		t.Errorf("a wrong author: got exit code %d, want %d", code, usage)
	}
	if stdout, stderr, code := bigbrotr(t, "", environ, "export", "jsonl", "--relay", "wss://nobody-knows.example.com"); code != notFound || stdout != "" {
		t.Errorf("a relay that is not there: got exit code %d, %q, %q, want %d", code, stdout, stderr, notFound)
	}
}
