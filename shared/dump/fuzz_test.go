package dump_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/dump"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// fuzzLines is how many lines of a packed file are read: a kilobyte may unpack to gigabytes.
const fuzzLines = 1_000

// FuzzLines reads lines of anything, packed or not: offsets and numbers only rise, no line is longer than allowed.
func FuzzLines(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte{0x1f, 0x8b})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x09, 0x00, 0x00, 'a'})
	f.Add([]byte("\x50\x2a\x4d\x18\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		in, err := dump.Open("-", bytes.NewReader(file))
		if err != nil {
			return
		}
		defer in.Close()
		lines := dump.ReadLines(in, 0, 0)
		for range fuzzLines {
			before, number := lines.Offset(), lines.Number()
			line, err := lines.Next()
			if err != nil {
				return
			}
			if lines.Number() != number+1 || line.Number != lines.Number() || lines.Offset() <= before {
				t.Fatalf("line %d from %d to %d after line %d", line.Number, before, lines.Offset(), number)
			}
			if len(line.Text) > dump.MaxLine || line.Long && line.Text != nil {
				t.Fatalf("line %d has %d bytes", line.Number, len(line.Text))
			}
		}
	})
}

// FuzzTable reads a damaged table of events to its end: an error or rows, nothing else.
func FuzzTable(f *testing.F) {
	path := filepath.Join(f.TempDir(), "events.parquet")
	table, err := dump.CreateTable[dump.EventRow](path, "created_at", "id")
	if err != nil {
		f.Fatal(err)
	}
	key := event.GenerateKey()
	for i := range 3 {
		e := key.Sign(int64(i), 1, [][]string{{"t", "x"}, {}}, "text")
		if err := table.Write([]dump.EventRow{dump.RowOf(&e)}, 1); err != nil {
			f.Fatal(err)
		}
	}
	if _, err := table.Finish(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[len(whole)/2:])
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := dump.OpenTable[dump.EventRow](write(t, "events.parquet", file), 0)
		if err != nil {
			return
		}
		defer rows.Close()
		for {
			row, err := rows.Next()
			if err != nil {
				return
			}
			_, _ = row.Event() // which says what is wrong with it
		}
	})
}
