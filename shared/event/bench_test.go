package event

import (
	"strings"
	"testing"
)

// benchEvents are the real events where they are at hand, and one of the same mean size otherwise.
func benchEvents(b *testing.B) (raws [][]byte, events []Event) {
	b.Helper()
	text := made{hashedTags: `[["p","` + hexA + `"],["t","nostr"]]`, hashedContent: `"` + strings.Repeat("words and\\n", 60) + `"`}.json()
	if data, ok := dataFile(b, "events/valid.jsonl"); ok {
		text = string(data)
	}
	bytes := 0
	for _, line := range lines([]byte(text)) {
		e, err := Parse([]byte(line))
		if err != nil {
			b.Fatal(err)
		}
		raws, events, bytes = append(raws, []byte(line)), append(events, e), bytes+len(line)
	}
	b.SetBytes(int64(bytes / len(raws)))
	b.ReportAllocs()
	b.ResetTimer()
	return raws, events
}

func BenchmarkParse(b *testing.B) {
	raws, _ := benchEvents(b)
	for i := range b.N {
		if _, err := Parse(raws[i%len(raws)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScanID(b *testing.B) {
	raws, _ := benchEvents(b)
	for i := range b.N {
		if _, ok := ScanID(raws[i%len(raws)]); !ok {
			b.Fatal("no id")
		}
	}
}

func BenchmarkCheckSignature(b *testing.B) {
	_, events := benchEvents(b)
	for i := range b.N {
		if !events[i%len(events)].CheckSignature() {
			b.Fatal("bad signature")
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	_, events := benchEvents(b)
	var buf []byte
	for i := range b.N {
		buf = events[i%len(events)].AppendJSON(buf[:0])
	}
}

func BenchmarkText(b *testing.B) {
	_, events := benchEvents(b)
	for i := range b.N {
		_, _, _ = events[i%len(events)].Text()
	}
}

func BenchmarkTagHashes(b *testing.B) {
	_, events := benchEvents(b)
	for i := range b.N {
		_ = events[i%len(events)].TagHashes()
	}
}
