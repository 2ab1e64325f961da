package exporter_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/exporter"
	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestLinesAreTheEventsThatCame writes everything that is valid in the test data, and what the demands of NIP-01 allow, and
// compares byte for byte.
func TestLinesAreTheEventsThatCame(t *testing.T) {
	p := newPlace(t)
	events := append(signed(50), key.Sign(1, 1, [][]string{{"t", "a\x00b"}, {}, {"\u2028", "\t\\\""}}, "nul \x00, \x7f, \u202e, 😀"))
	paths, err := filepath.Glob("../../../shared/data/events/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if e, err := event.Parse(line); err == nil && e.CheckSignature() && e.Kind != 22242 {
				events = append(events, e)
			}
		}
	}
	p.archive(relayA, events...)
	want := map[string]int{}
	for _, e := range events {
		want[string(e.AppendJSON(nil))] = 1
	}
	for _, name := range []string{"all.jsonl", "all.jsonl.gz", "all.jsonl.zst"} {
		path := p.path(name)
		manifest, err := p.exporter().File(t.Context(), store.Selection{}, path, false)
		if err != nil {
			t.Fatal(err)
		}
		got := p.lines(path)
		for line := range want {
			if got[line] != 1 {
				t.Errorf("%s: got an event %d times, want it once: %.200q", name, got[line], line)
			}
		}
		p.expect(name+": lines and count", []int64{int64(len(got)), manifest.Events.Count, manifest.Events.LeftOut}, []int{len(want), len(want), 0})
		read, err := dump.ReadManifest(exporter.ManifestPath(path))
		if err != nil || len(read.Files) != 1 || read.Files[0].Verify(filepath.Dir(path)) != nil || read.Files[0].Rows != int64(len(want)) {
			t.Errorf("%s: manifest: got %+v, %v, want the sum of the file", name, read, err)
		}
	}
}

func TestSelections(t *testing.T) {
	p := newPlace(t)
	events := signed(60)
	stranger := event.GenerateKey().Sign(1_700_000_000, 1, nil, "somebody else's")
	p.archive(relayA, append(events[:40:40], stranger)...)
	p.archive(relayB, events[30:]...)
	for name, c := range map[string]struct {
		sel  store.Selection
		want int64
	}{
		"everything":     {store.Selection{Shown: true}, 61},
		"an author":      {store.Selection{Shown: true, Authors: []event.PubKey{stranger.PubKey}}, 1},
		"kinds":          {store.Selection{Kinds: []uint16{2, 3}}, 40},
		"a relay":        {store.Selection{Relay: relayB, Shown: true}, 30},
		"a relay, all":   {store.Selection{Relay: relayA}, 41},
		"ids":            {store.Selection{IDs: []event.ID{events[3].ID, events[4].ID}}, 2},
		"a time":         {store.Selection{Since: events[10].CreatedAt, Until: events[19].CreatedAt}, 10},
		"kind and relay": {store.Selection{Shown: true, Relay: relayA, Kinds: []uint16{2}}, 13},
	} {
		var out bytes.Buffer
		got, err := p.exporter().Lines(t.Context(), c.sel, &out)
		if err != nil || got.Count != c.want || int64(bytes.Count(out.Bytes(), []byte("\n"))) != c.want {
			t.Errorf("%s: got %d events, %v, want %d", name, got.Count, err, c.want)
		}
	}
}

// TestARelayThatIsNotThere is a mistake and no empty export.
func TestARelayThatIsNotThere(t *testing.T) {
	p := newPlace(t)
	sel := store.Selection{Relay: "wss://nobody.example.com"}
	if events, err := p.exporter().Lines(t.Context(), sel, io.Discard); !errors.Is(err, store.ErrNoRelay) || events.Count != 0 {
		t.Errorf("got %d events, %v, want %v", events.Count, err, store.ErrNoRelay)
	}
}

// TestAnExportGoesOn stops an export in the middle: the file is the one that it would have been.
func TestAnExportGoesOn(t *testing.T) {
	p := newPlace(t)
	events := signed(5000)
	p.archive(relayA, events...)
	whole, parts := p.path("whole.jsonl"), p.path("parts.jsonl")
	if _, err := p.exporter().File(t.Context(), store.Selection{}, whole, false); err != nil {
		t.Fatal(err)
	}
	x := p.exporter()
	ctx, cancel := context.WithCancel(t.Context())
	stop := beside(func(context.Context) {
		testkit.Until(t, "some events are written", func() bool { return x.Progress().Events > 100 })
		cancel()
	})
	_, err := x.File(ctx, store.Selection{}, parts, false)
	stop()
	if err == nil {
		t.Log("the export was faster than its interruption")
	} else if _, missing := os.Stat(parts); !errors.Is(missing, os.ErrNotExist) {
		t.Error("got a file with its name, want none before it is complete")
	}
	if _, other := p.exporter().File(t.Context(), store.Selection{Kinds: []uint16{1}}, parts, false); !errors.Is(other, exporter.ErrOther) &&
		!errors.Is(other, exporter.ErrExists) {
		t.Errorf("another selection: got %v, want a refusal", other)
	}
	if err != nil {
		manifest, err := p.exporter().File(t.Context(), store.Selection{}, parts, false)
		if err != nil {
			t.Fatal(err)
		}
		p.expect("events", manifest.Events.Count, 5000)
	}
	a, errA := os.ReadFile(whole)
	b, errB := os.ReadFile(parts)
	if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
		t.Errorf("got %d bytes, %v, want the %d of an export in one go", len(b), err, len(a))
	}
	if _, err := p.exporter().File(t.Context(), store.Selection{}, parts, false); !errors.Is(err, exporter.ErrExists) {
		t.Errorf("once more: got %v, want ErrExists", err)
	}
}

// TestFileAndStreamHaveNoGap exports while events are archived and told: every one is in the file, or on the stream behind
// the position that the manifest names.
func TestFileAndStreamHaveNoGap(t *testing.T) {
	p := newPlace(t)
	events := signed(3000)
	before := func(e []event.Event) {
		p.archive(relayA, e...)
		if err := p.tell(t.Context(), e...); err != nil {
			t.Error(err)
		}
	}
	before(events[:500])
	stop := beside(func(context.Context) {
		for from := 500; from < len(events); from += 100 {
			before(events[from : from+100])
		}
	})
	path := p.path("live.jsonl")
	manifest, err := p.exporter().File(t.Context(), store.Selection{Shown: true}, path, false)
	stop()
	if err != nil {
		t.Fatal(err)
	}
	held := p.lines(path)
	inFile := len(held)
	// Nothing was removed from this stream: the message with sequence n is the nth.
	for _, m := range testkit.OpenStreams(t, p.nats).Messages(subject.StreamEvents)[manifest.Stream.LastSequence:] {
		held[string(m.Body)]++
	}
	p.expect("events in file and stream", len(held), len(events))
	if inFile < 500 || manifest.Stream.LastSequence < 500 {
		t.Errorf("got %d events in the file from sequence %d on, want at least those from before", inFile, manifest.Stream.LastSequence)
	}
}
