package event

import (
	"fmt"
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

// BenchmarkCheckSignatures checks pages of which every author wrote one event, or ten; pages with forged events come last.
// What to compare is the time for one event.
func BenchmarkCheckSignatures(b *testing.B) {
	pages := []struct{ events, authors, forged int }{
		{1, 1, 0}, {4, 4, 0}, {8, 8, 0}, {16, 16, 0}, {32, 32, 0}, {64, 64, 0}, {256, 256, 0}, {500, 500, 0}, {500, 50, 0},
		{256, 256, 1}, {256, 256, 4}, {256, 256, 256}, {500, 500, 1},
	}
	for _, page := range pages {
		events := signedBy(page.events, page.authors)
		for i := range page.forged {
			events[(i*page.events+page.events/2)/page.forged].Sig[40] ^= 1
		}
		b.Run(fmt.Sprintf("events=%d/authors=%d/forged=%d", page.events, page.authors, page.forged), func(b *testing.B) {
			for b.Loop() {
				CheckSignatures(events)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/float64(b.N*page.events), "us/event")
		})
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
