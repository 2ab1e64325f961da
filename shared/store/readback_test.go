package store_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// readAll returns what a selection gives back, and fails on every row that does not give its event back.
func readAll(t testing.TB, s *store.Store, sel store.Selection) (events []event.Event) {
	t.Helper()
	err := s.Events(t.Context(), sel, func(one store.Stored) error {
		if one.Err != nil {
			t.Errorf("event %s: got %v, want it back", one.Event.ID, one.Err)
		}
		events = append(events, one.Event)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestEventsAreReadBackInBothOrders(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	var events []event.Event
	for i := range 2_500 {
		events = append(events, key.Sign(int64(5_000-i/3), uint16(i%4), nil, fmt.Sprint(i)))
	}
	stranger := event.GenerateKey().Sign(4_500, 1, nil, "of a stranger")
	for chunk := range slices.Chunk(append(events, stranger), 500) {
		write(t, s, batchOf(pageOf(relayA, noon, chunk...)))
	}
	byTime := readAll(t, r, store.Selection{})
	expect(t, "events by time", len(byTime), 2_501)
	if !slices.IsSortedFunc(byTime, func(a, b event.Event) int {
		if a.CreatedAt != b.CreatedAt {
			return int(a.CreatedAt - b.CreatedAt)
		}
		return slices.Compare(a.ID[:], b.ID[:])
	}) {
		t.Error("events by time are not in the order of created_at and id")
	}
	expect(t, "events by arrival", len(readAll(t, r, store.Selection{ByArrival: true})), 2_501)
	for what, c := range map[string]struct {
		sel  store.Selection
		want int
	}{
		"ids":            {store.Selection{IDs: []event.ID{events[1].ID, {7}}}, 1},
		"author":         {store.Selection{Authors: []event.PubKey{stranger.PubKey}, ByArrival: true}, 1},
		"kinds":          {store.Selection{Kinds: []uint16{0, 3}}, 1_250},
		"an interval":    {store.Selection{Since: 4_990, Until: 4_999}, 30},
		"all of these":   {store.Selection{Since: 4_500, Until: 4_500, Kinds: []uint16{1}, Authors: []event.PubKey{stranger.PubKey}}, 1},
		"nothing at all": {store.Selection{Since: 6_000}, 0},
	} {
		expect(t, "events by "+what, len(readAll(t, r, c.sel)), c.want)
	}
}

func TestAReadingGoesOnWhereItStopped(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	events := makeEvents(30)
	write(t, s, batchOf(pageOf(relayA, noon, events...)))
	enough := errors.New("enough")
	for _, byArrival := range []bool{false, true} {
		var got []event.ID
		sel := store.Selection{ByArrival: byArrival}
		for {
			n := 0
			err := r.Events(t.Context(), sel, func(one store.Stored) error {
				if n++; n > 7 {
					return enough
				}
				got, sel.After = append(got, one.Event.ID), one.Position()
				return nil
			})
			if err == nil {
				break
			}
			if err != enough {
				t.Fatal(err)
			}
		}
		slices.SortFunc(got, func(a, b event.ID) int { return slices.Compare(a[:], b[:]) })
		expect(t, "events in pieces", len(slices.Compact(got)), len(events))
	}
}

func TestADamagedRowIsNamed(t *testing.T) {
	dsn := testkit.Postgres(t)
	events := makeEvents(3)
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, events...)))
	exec(t, connect(t, dsn), "UPDATE event SET content = 'another' WHERE id = $1", events[1].ID[:])
	var damaged []event.ID
	err := testkit.Reader(t, dsn).Events(t.Context(), store.Selection{}, func(one store.Stored) error {
		if one.Err != nil {
			damaged = append(damaged, one.Event.ID)
		}
		return nil
	})
	if err != nil || !slices.Equal(damaged, []event.ID{events[1].ID}) {
		t.Errorf("damaged: got %v, %v, want event 1 alone", damaged, err)
	}
}

// signed returns the JSON of every event of the optional data that Parse takes and whose signature is good, whatever file
// it is in.
func signed(t testing.TB) (lines [][]byte) {
	t.Helper()
	for _, name := range []string{"valid.jsonl", "valid_extra_members.jsonl", "invalid.jsonl", "edge_cases.jsonl", "relay_frames.jsonl"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "events", name))
		if err != nil {
			t.Logf("not run: %s is not there", name)
			continue
		}
		for line := range strings.Lines(string(data)) {
			lines = append(lines, rawOf(line))
		}
	}
	return lines
}

// rawOf takes the event out of a line, which is an event, a case that holds one, or a frame around one.
func rawOf(line string) []byte {
	var item struct {
		Raw       string
		RawBase64 []byte `json:"raw_b64"`
	}
	var frame []json.RawMessage
	switch {
	case json.Unmarshal([]byte(line), &frame) == nil && len(frame) == 3:
		return frame[2]
	case json.Unmarshal([]byte(line), &item) == nil && item.Raw != "":
		return []byte(item.Raw)
	case item.RawBase64 != nil:
		return item.RawBase64
	}
	return []byte(line)
}

// oddEvents are events whose texts Postgres does not hold, in every form that signers use.
func oddEvents() (lines [][]byte) {
	for _, e := range []event.Event{
		key.Sign(1, 1, [][]string{{"t", "nul \x00"}}, "nul \x00 and \u2028"),
		key.Sign(2, 65535, nil, "\x01\x1f\x7f\b\f"),
		key.Sign(1<<62, 30023, [][]string{{"d", ""}, {}, {""}, {"e", strings.Repeat("語", 9_000)}}, "</script> \ufffd 😀"),
		sealed(3, 1, `[["t","\ud800"]]`, `"\udc00\ud800 \u001f"`),
		sealed(4, 1, `[["\/"]]`, `"\u00e4\/"`),
		sealed(5, 1, `[]`, `"\u007f \u0000"`),
	} {
		lines = append(lines, e.AppendJSON(nil))
	}
	return lines
}

// sealed makes an event of signed texts in whatever form, with their id. Its signature is of the right length only.
func sealed(createdAt int64, kind uint16, tags, content string) event.Event {
	e := event.Event{PubKey: key.PubKey(), CreatedAt: createdAt, Kind: kind, Tags: []byte(tags), Content: []byte(content)}
	preimage := fmt.Sprintf(`[0,"%s",%d,%d,%s,%s]`, e.PubKey, createdAt, kind, tags, content)
	e.ID, e.Sig = sha256.Sum256([]byte(preimage)), [64]byte([]byte(strings.Repeat("s", 64)))
	return e
}

// TestEveryEventComesBackByteForByte sends every event that there is through Postgres and compares its JSON.
func TestEveryEventComesBackByteForByte(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	want := map[event.ID]string{}
	var events []event.Event
	for _, line := range append(signed(t), oddEvents()...) {
		e, err := event.Parse(line)
		if err != nil || e.Kind == 22242 {
			continue
		}
		if want[e.ID] == "" {
			events = append(events, e)
			want[e.ID] = string(e.AppendJSON(nil))
		}
	}
	for chunk := range slices.Chunk(events, 400) {
		expect(t, "quarantined", write(t, s, batchOf(pageOf(relayA, noon, chunk...))).Quarantined, 0)
	}
	for _, e := range readAll(t, r, store.Selection{}) {
		got := string(e.AppendJSON(nil))
		if got != want[e.ID] {
			t.Errorf("event %s: got %.300q, want %.300q", e.ID, got, want[e.ID])
		}
		if again, err := event.Parse([]byte(got)); err != nil || again.ID != e.ID || again.Sig != e.Sig {
			t.Errorf("event %s: its JSON reads as %v, %v", e.ID, again.ID, err)
		}
		delete(want, e.ID)
	}
	for id := range want {
		t.Errorf("event %s did not come back", id)
	}
	if len(events) < len(oddEvents()) {
		t.Errorf("events: got %d, want at least those that we make", len(events))
	}
	t.Logf("%d events came back", len(events))
}

// FuzzReadback sends events of any texts through Postgres. Their ids are right; that they are signed is not looked at here.
func FuzzReadback(f *testing.F) {
	for _, line := range oddEvents() {
		if e, err := event.Parse(line); err == nil {
			f.Add(e.CreatedAt, e.Kind, string(e.Tags), string(e.Content))
		}
	}
	f.Add(int64(0), uint16(5), `[["e","a"],["a","0:b:"],["\u0001"]]`, "\"\x00\\n\xf4\x8f\xbf\xbf\"")
	dsn := testkit.Postgres(f)
	s, r := testkit.Store(f, dsn), testkit.Reader(f, dsn)
	f.Fuzz(func(t *testing.T, createdAt int64, kind uint16, tags, content string) {
		raw := sealed(createdAt, kind, tags, content)
		e, err := event.New(raw.ID, raw.PubKey, raw.Sig, createdAt, kind, raw.Tags, raw.Content)
		if err != nil || kind == 22242 {
			return
		}
		write(t, s, batchOf(pageOf(relayA, noon, e)))
		back := readAll(t, r, store.Selection{IDs: []event.ID{e.ID}})
		if len(back) != 1 || string(back[0].AppendJSON(nil)) != string(e.AppendJSON(nil)) {
			t.Fatalf("got %v, want %q", back, e.AppendJSON(nil))
		}
	})
}
