package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// archive is what a verb works on: a broker, a database, and somebody who writes.
func archive(t *testing.T) (dsn string, environ []string, drained func()) {
	t.Helper()
	return archiveOn(t, testkit.NATSURL(t))
}

// archiveOn is archive with a broker that is there.
func archiveOn(t *testing.T, url string) (dsn string, environ []string, drained func()) {
	t.Helper()
	dsn = testkit.Postgres(t)
	b, ctx := testkit.Connect(t, url), t.Context()
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() { ended <- testkit.Write(ctx, b, testkit.Store(t, dsn)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("write: %v", err)
		}
	})
	drained = func() {
		testkit.Until(t, "INGEST is empty", func() bool { return testkit.Messages(t, b, subject.StreamIngest) == 0 })
	}
	return dsn, []string{"NATS_URL=" + url, "DATABASE_URL=" + testkit.WriterURL(dsn),
		"DATABASE_READ_URL=" + testkit.ReaderURL(dsn), "DATABASE_OWNER_URL=" + dsn}, drained
}

func signedLines(n int) string {
	key := event.GenerateKey()
	var text strings.Builder
	for i := range n {
		e := key.Sign(int64(1_700_000_000+i), 1, [][]string{{"t", fmt.Sprint("tag", i%7)}}, fmt.Sprint("event ", i))
		text.Write(append(e.AppendJSON(nil), '\n'))
	}
	return text.String()
}

func TestImportJSONL(t *testing.T) {
	dsn, environ, drained := archive(t)
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte(signedLines(20)+"broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := bigbrotr(t, "", environ, "import", "jsonl", file, "-o", "json")
	var report struct {
		Lines, Events int
		Refused       map[string]struct{ Count int }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != partial || report.Lines != 21 || report.Events != 20 ||
		report.Refused["bad_shape"].Count != 1 {
		t.Errorf("got exit code %d, %s%s, %v, want 4 and 20 of 21 lines", code, stdout, stderr, err)
	}
	if _, stderr, code := bigbrotr(t, "", environ, "import", "jsonl", file); code != partial || !strings.Contains(stderr, "--again") {
		t.Errorf("once more: got exit code %d, %q, want 4 and a word on --again", code, stderr)
	}
	if _, stderr, code := bigbrotr(t, signedLines(5), environ, "import", "jsonl", "--relay", "relay.example.com", "--seen", "2d"); code != 0 {
		t.Errorf("from stdin: got exit code %d, %q, want 0", code, stderr)
	}
	if _, _, code := bigbrotr(t, "", environ, "import", "jsonl", "/nowhere", file); code != notFound {
		t.Errorf("no such file: got exit code %d, want %d", code, notFound)
	}
	drained()
	if got := testkit.Number(t, dsn, "SELECT count(*) FROM event"); got != 25 {
		t.Errorf("events: got %d, want 25", got)
	}
	if got := testkit.Number(t, dsn, "SELECT count(*) FROM sightings WHERE relay = 'wss://relay.example.com'"); got != 5 {
		t.Errorf("sightings: got %d, want 5", got)
	}
}

func TestMomentsOfEveryForm(t *testing.T) {
	for text, want := range map[string]int64{"1700000000": 1_700_000_000, "2023-11-14T22:13:20Z": 1_700_000_000, "2023-11-14": 1_699_920_000} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err != nil || m.Unix() != want {
			t.Errorf("%s: got %v, %v, want %d", text, m.Time, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "-5m", "-5", "xd", "99999999d"} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: got %v, want an error", text, m.Time)
		}
	}
	var ago moment
	if err := ago.UnmarshalText([]byte("2d")); err != nil || time.Since(ago.Time).Round(time.Hour) != 48*time.Hour {
		t.Errorf("2d: got %v, %v, want two days ago", ago, err)
	}
}
