package importer_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/importer"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func relayURL(s string) relay.URL { return relay.URL(s) }

// TestLinesOfEveryForm imports what strfry, nak and a socket write, and tells what is wrong by line.
func TestLinesOfEveryForm(t *testing.T) {
	p := newPlace(t)
	good := signed(6)
	ephemeral := key.Sign(1, 20001, nil, "gone")
	secret := key.Sign(1, 22242, nil, "")
	forged := key.Sign(1, 1, nil, "forged")
	forged.Sig[5] ^= 1
	path := p.file(
		"\ufeff"+good[0],
		"",
		`["EVENT",`+good[1]+`]`,
		`["EVENT", "sub" , `+good[2]+`]`+"\r",
		strings.Replace(good[3], `{"id"`, `{"fried":"00ff","id"`, 1),
		"not json",
		`["EOSE","sub"]`,
		strings.Replace(good[4], "event 4", "event x", 1), // another content under the id
		string(forged.AppendJSON(nil)),
		string(ephemeral.AppendJSON(nil)),
		string(secret.AppendJSON(nil)),
		`{"content":"`+strings.Repeat("a", 2*dump.MaxLine)+`"}`,
		"[[[[",
		"  "+good[5])
	report := p.lines(path, "")
	p.expect("lines, events", []int64{report.Lines, report.Events}, "[14 5]")
	p.expect("refused", asJSON(report.Refused), `{"bad_frame":{"count":2,"at":[7,13]},"bad_shape":{"count":1,"at":[6]},`+
		`"bad_signature":{"count":1,"at":[9]},"id_mismatch":{"count":1,"at":[8]},"too_long":{"count":1,"at":[12]}}`)
	p.expect("skipped", asJSON(report.Skipped), `{"auth":1,"ephemeral":1}`)
	p.write()
	p.expect("events", p.number("SELECT count(*) FROM event"), 5)
	p.expect("sightings and coverage", p.number("SELECT (SELECT count(*) FROM sighting) + (SELECT count(*) FROM coverage)"), 0)
	p.expect("quarantine", testkit.Rows[struct{ Reason string }](t, p.dsn, "SELECT reason FROM quarantine ORDER BY 1"),
		"[{import: bad_signature} {import: id_mismatch}]")
}

func TestLinesOfARelayAreSightings(t *testing.T) {
	p := newPlace(t)
	path := p.file(signed(700)...)
	then := time.Unix(1_750_000_000, 0)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	p.expect("events", p.lines(path, relayA).Events, 700)
	p.write()
	p.expect("sightings", p.number("SELECT count(*) FROM sightings WHERE relay = $1 AND first_seen = $2", relayA, then.Unix()), 700)
	p.expect("coverage", p.number("SELECT count(*) FROM coverage"), 0)
}

// TestAnImportGoesOn interrupts an import at its first message and goes on: every line is handed over, few twice.
func TestAnImportGoesOn(t *testing.T) {
	p := newPlace(t)
	path := p.file(signed(12_000)...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		testkit.Until(t, "something is on INGEST", func() bool { return testkit.Messages(t, p.bus, subject.StreamIngest) > 0 })
		cancel()
	}()
	first, err := p.importLines(ctx, path, "", false)
	if !errors.Is(err, importer.ErrInterrupted) || first.Events == 0 || first.Events == 12_000 {
		t.Fatalf("interrupted: got %d events, %v, want some and ErrInterrupted", first.Events, err)
	}
	second := p.lines(path, "")
	p.expect("resumed, lines, events", []any{second.Resumed, second.Lines, second.Events}, "[true 12000 12000]")
	if held := testkit.Messages(t, p.bus, subject.StreamIngest); held < 24 || held > 26 {
		t.Errorf("messages on INGEST: got %d, want 24, or two more that came again", held)
	}
	p.write()
	p.expect("events", p.number("SELECT count(*) FROM event"), 12_000)

	if report, err := p.importLines(t.Context(), path, "", false); !errors.Is(err, importer.ErrDone) || report.Events != 12_000 {
		t.Errorf("once more: got %d events, %v, want those of before and ErrDone", report.Events, err)
	}
	if report, err := p.importLines(t.Context(), path, relayA, false); err != nil || report.Resumed {
		t.Errorf("of a relay: got resumed %t, %v, want an import of its own", report.Resumed, err)
	}
	if _, err := p.importLines(t.Context(), path, "", true); err != nil {
		t.Errorf("again: got %v, want it to begin anew", err)
	}
}

// TestAFullIngestIsWaitedFor finds INGEST without room: the import waits and nothing is lost of what it says.
func TestAFullIngestIsWaitedFor(t *testing.T) {
	full := testkit.FullNATS(t)
	in, err := dump.Open(writeFile(t, signed(10)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	im := importer.New(full, testkit.Log(t))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		testkit.Until(t, "the import says that it waits", func() bool { return im.Progress().Waiting })
		cancel()
	}()
	report, err := im.Run(ctx, &importer.Lines{Input: in}, false)
	if !errors.Is(err, importer.ErrInterrupted) || report.Events != 0 {
		t.Errorf("got %d events, %v, want none and ErrInterrupted", report.Events, err)
	}
}

func writeFile(t *testing.T, lines []string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRealFilesAreImported imports the public test data: the verdict on each line is that of the strict parser.
func TestRealFilesAreImported(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/data/events/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Log("there is no ../shared/data: nothing real was imported")
	}
	p := newPlace(t)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, line := range bytes.Split(text, []byte("\n")) {
			if frame, err := relay.ScanFrame(line); err == nil && frame.Label == "EVENT" {
				line = frame.Args[frame.N-1]
			}
			e, err := event.Parse(line)
			if err == nil && e.CheckSignature() && event.Classify(e.Kind) != event.Ephemeral {
				want++
			}
		}
		p.expect(filepath.Base(path), p.lines(path, "").Events, want)
	}
	p.write()
}
