package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestTakedownRemovesAndKeepsOut(t *testing.T) {
	dsn, environ, drained := archive(t)
	environ = append(environ, "DATABASE_ERASER_URL="+testkit.EraserURL(dsn), "USER=ann")
	bad, good := event.GenerateKey(), event.GenerateKey()
	var text strings.Builder
	for i := range 10 {
		for _, key := range []event.Key{bad, good} {
			e := key.Sign(int64(1_700_000_000+i), 1, nil, fmt.Sprint("event ", i))
			text.Write(append(e.AppendJSON(nil), '\n'))
		}
	}
	one := good.Sign(5, 1, nil, "one that must go")
	text.Write(append(one.AppendJSON(nil), '\n'))
	relays := 0
	load := func() { // by another relay each time: what is the same in every byte the bus takes once
		t.Helper()
		relays++
		if _, stderr, code := bigbrotr(t, text.String(), environ, "import", "jsonl", "--relay", fmt.Sprintf("r%d.example.com", relays), "--seen", "2d"); code != 0 {
			t.Fatalf("import: got exit code %d, %q, want 0", code, stderr)
		}
		drained()
	}
	load()
	stdout, stderr, code := bigbrotr(t, "", environ, "takedown", "author", bad.PubKey().String(), "--reason", "court order", "-o", "json")
	if want := `{"entered":1,"events":10,"messages":0,"quarantined":0,"sightings":10}`; code != 0 || strings.TrimSpace(stdout) != want {
		t.Errorf("takedown author: got exit code %d, %q%q, want %s", code, stdout, stderr, want)
	}
	if stdout, stderr, code = bigbrotr(t, "", environ, "takedown", "event", one.ID.String(), "--reason", "asked \x1b[31m", "--by", "bob"); code != 0 || !strings.HasPrefix(stdout, "removed 1 events, 1 sightings") {
		t.Errorf("takedown event: got exit code %d, %q%q, want one event removed", code, stdout, stderr)
	}
	load()
	if n := testkit.Number(t, dsn, "SELECT count(*) FROM event"); n != 10 {
		t.Errorf("events after a second import: got %d, want those of the other author alone", n)
	}

	list, _, _ := bigbrotr(t, "", environ, "takedown", "ls", "-o", "json")
	var acts []takedown
	for line := range strings.Lines(list) {
		var act takedown
		if err := json.Unmarshal([]byte(line), &act); err != nil {
			t.Fatal(err)
		}
		acts = append(acts, act)
	}
	if len(acts) != 2 || acts[0].By != "ann" || acts[0].Reason != "court order" || acts[0].ID != bad.PubKey().String() || acts[0].At == nil ||
		acts[0].ErasedAt == nil || acts[1].By != "bob" || acts[1].Type != "event" {
		t.Errorf("takedown ls: got %s, want both acts", list)
	}
	if table, _, code := bigbrotr(t, "", environ, "takedown", "ls"); code != 0 || strings.Contains(table, "\x1b") {
		t.Errorf("takedown ls: got exit code %d, %q, want no escape sequence", code, table)
	}

	// A backup from before knows nothing of it.
	testkit.Exec(t, dsn, "TRUNCATE tombstone, takedown")
	load()
	if n := testkit.Number(t, dsn, "SELECT count(*) FROM event"); n != 21 {
		t.Fatalf("events of the restored archive: got %d, want all", n)
	}
	if stdout, stderr, code := bigbrotr(t, list, environ, "takedown", "apply"); code != 0 || !strings.HasPrefix(stdout, "removed 11 events, 11 sightings") {
		t.Errorf("takedown apply: got exit code %d, %q%q, want 11 events removed", code, stdout, stderr)
	}
	again, _, _ := bigbrotr(t, "", environ, "takedown", "ls", "-o", "json")
	if !strings.Contains(again, "court order") || strings.Count(again, "\n") != 2 {
		t.Errorf("takedown ls of the restored archive: got %s, want both acts", again)
	}
}

func TestTakedownRefuses(t *testing.T) {
	for _, args := range []string{"event npub1abc --reason x", "author 12 --reason x", "author " + strings.Repeat("a", 64), "event " + strings.Repeat("A", 64) + " --reason x"} {
		if _, stderr, code := bigbrotr(t, "", nil, append([]string{"takedown"}, strings.Fields(args)...)...); code != usage {
			t.Errorf("takedown %s: got exit code %d, %q, want 2", args, code, stderr)
		}
	}
	for _, line := range []string{"x", `{"type":"relay","id":"a","reason":"x","by":"y"}`, `{"type":"event","id":"` + strings.Repeat("a", 64) + `","reason":"","by":"y"}`} {
		if _, _, code := bigbrotr(t, line, nil, "takedown", "apply"); code != usage {
			t.Errorf("takedown apply of %s: got exit code %d, want 2", line, code)
		}
	}
}
