package dump_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// corpus is what real signers and hostile ones sign.
func corpus(t *testing.T) (events []event.Event) {
	t.Helper()
	key := event.GenerateKey()
	for _, content := range []string{"", "plain", "nul \x00 inside", "\u2028 \x7f \x1b 😀", "\"\\\n\t", "\ufffd", string(rune(0xfffe))} {
		events = append(events, key.Sign(5, 1, nil, content), key.Sign(7, 30023, [][]string{{}, {""}, {"d", content}, {content, "x", "y"}}, ""))
	}
	files, err := filepath.Glob("../../../shared/data/events/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if e, err := event.Parse(line); err == nil {
				events = append(events, e)
			}
		}
	}
	return append(events, edges(t)...)
}

// edges are the constructed events that are valid.
func edges(t *testing.T) (events []event.Event) {
	t.Helper()
	text, err := os.ReadFile("../../../shared/data/events/edge_cases.jsonl")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var one struct{ Raw string }
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		if e, err := event.Parse([]byte(one.Raw)); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// TestRowsGiveTheirEventBack writes every event of the corpus, shuffled into groups, and reads each back byte for byte.
func TestRowsGiveTheirEventBack(t *testing.T) {
	key := event.GenerateKey() // one row alone with raw, the second: null is null behind it
	events := append([]event.Event{key.Sign(1, 1, nil, "a"), key.Sign(2, 1, nil, "\x00"), key.Sign(3, 1, nil, "b")}, corpus(t)...)
	path := filepath.Join(t.TempDir(), "events.parquet")
	table, err := dump.CreateTable[dump.EventRow](path, "created_at", "id")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	var rows []dump.EventRow
	raw := 0
	for i := range events {
		row := dump.RowOf(&events[i])
		if row.Raw != nil {
			raw++
		}
		if rows = append(rows, row); len(rows) == 7 || i == len(events)-1 {
			if err := table.Write(rows, 60<<20/(1+rand.IntN(20))); err != nil {
				t.Fatal(err)
			}
			rows = rows[:0]
		}
	}
	file, err := table.Finish()
	if err != nil || file.Rows != int64(len(events)) || file.Verify(filepath.Dir(path)) != nil {
		t.Fatalf("got %+v, %v, want %d rows and their sum", file, err, len(events))
	}
	for _, from := range []int{0, 3} {
		at := from
		err = readTable(path, int64(from), func(row *dump.EventRow) {
			e, err := row.Event()
			if err != nil || !bytes.Equal(e.AppendJSON(nil), events[at].AppendJSON(nil)) || !bytes.Equal(e.Tags, events[at].Tags) ||
				(row.Raw == nil) != (dump.RowOf(&e).Raw == nil) {
				t.Errorf("row %d: got %.200q, %v, want %.200q", at, e.AppendJSON(nil), err, events[at].AppendJSON(nil))
			}
			at++
		})
		if err != nil || at != len(events) {
			t.Errorf("from row %d: got %d rows, %v, want %d", from, at, err, len(events))
		}
	}
	if raw == 0 {
		t.Error("got no row with raw, want some: a NUL cannot be text")
	}
}

// TestDamagedTablesAreErrors cuts and flips a file: whatever the library does, it is an error or other rows, never a panic.
func TestDamagedTablesAreErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relays.parquet")
	table, err := dump.CreateTable[dump.RelayRow](path, "url")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	for range 300 {
		if err := table.Write([]dump.RelayRow{{URL: "wss://a.example.com", Network: "clearnet", AcceptedAt: 1_700_000_000}}, 20); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ignore := func(*dump.RelayRow) {}
	for at := 0; at < len(good); at += 7 {
		bad := bytes.Clone(good)
		bad[at] ^= 0xff
		_ = readTable(write(t, "flipped", bad), 0, ignore) // must return
	}
	for _, n := range []int{0, 3, 4, 20, len(good) - 1} {
		if err := readTable(write(t, "cut", good[:n]), 0, ignore); err == nil {
			t.Errorf("cut to %d bytes: got no error, want one", n)
		}
	}
	if err := readTable(path, 0, func(*dump.EventRow) {}); err == nil {
		t.Error("relays read as events: got no error, want one")
	}
}

// TestTablesOfOtherTypesAreRefused gives a table of the right columns another type in one of them: read on trust, a number
// would be taken for the address of a text.
func TestTablesOfOtherTypesAreRefused(t *testing.T) {
	type base struct {
		Network    string `parquet:"network,dict"`
		AcceptedAt int64  `parquet:"accepted_at"`
		FoundAt    int64  `parquet:"found_at,optional"`
	}
	refused(t, "number", struct {
		URL int64 `parquet:"url"`
		base
	}{URL: 1 << 40})
	refused(t, "bytes of fixed length", struct {
		URL [16]byte `parquet:"url"`
		base
	}{})
	refused(t, "list", struct {
		URL []string `parquet:"url"`
		base
	}{URL: []string{"wss://a.example.com"}})
	refused(t, "optional", struct {
		URL *string `parquet:"url,optional"`
		base
	}{})
}

func refused[T any](t *testing.T, name string, row T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "relays.parquet")
	table, err := dump.CreateTable[T](path)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := table.Write([]T{row}, 20); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Finish(); err != nil {
		t.Fatal(err)
	}
	err = readTable(path, 0, func(*dump.RelayRow) {})
	if err == nil || !strings.Contains(err.Error(), "type") {
		t.Errorf("%s: got %v, want an error about its type", name, err)
	}
}

func readTable[T any](path string, behind int64, each func(*T)) error {
	rows, err := dump.OpenTable[T](path, behind)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(row)
	}
}
