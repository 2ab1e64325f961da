package synchronizer

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// TestCutKeepsEverything cuts random answers and checks what the writer relies on: every event
// is on one page, whole seconds stay together, the intervals add up to the proven one, and an
// event inside the proven interval is inside the interval of its own page.
func TestCutKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, 30), 0, 1500).Draw(t, "times")
		size := rapid.SampledFrom([]int{0, 10, 3000, 200_000}).Draw(t, "size")
		if size == 200_000 && len(times) > 60 {
			times = times[:60]
		}
		content := []byte(`"` + strings.Repeat("x", size) + `"`)
		iv := Interval{Since: rapid.Int64Range(0, 20).Draw(t, "since")}
		iv.Until = iv.Since + rapid.Int64Range(-1, 20).Draw(t, "length")
		var fresh, old []*event.Event
		for i, at := range times {
			e := &event.Event{ID: event.ID{byte(i), byte(i >> 8)}, CreatedAt: at, Tags: []byte("[]"), Content: content}
			if rapid.Bool().Draw(t, "fresh") {
				fresh = append(fresh, e)
			} else {
				old = append(old, e)
			}
		}
		head := &ingest.Page{Relay: "wss://relay.example.com", Filter: "{}", Proof: ingest.Proof_PROOF_EOSE}
		checkPages(t, cut(head, iv, fresh, old, nil), iv, fresh, old)
	})
}

func checkPages(t *rapid.T, pages []*ingest.Page, iv Interval, fresh, old []*event.Event) {
	times := map[event.ID]int64{}
	for _, e := range append(fresh, old...) {
		times[e.ID] = e.CreatedAt
	}
	proven := map[int64]string{}
	home := map[int64]string{}
	seen := map[event.ID]bool{}
	parts := map[string]uint32{}
	for _, page := range pages {
		if body, err := ingest.Encode(&ingest.Batch{Pages: []*ingest.Page{page}}); err != nil || len(body) > 1<<20 {
			t.Fatalf("page of %d bytes: %v", len(body), err)
		}
		if len(page.Events) > ingest.MaxBatchEvents {
			t.Fatalf("page of %d events", len(page.Events))
		}
		id := string(page.PageId)
		if page.Part != parts[id] {
			t.Fatalf("part %d, want %d", page.Part, parts[id])
		}
		parts[id]++
		for s := page.Since; s <= page.Until; s++ {
			if at, ok := proven[s]; ok && at != id {
				t.Fatalf("second %d is proven by two pages", s)
			}
			proven[s] = id
		}
		for _, eventID := range idsOf(page) {
			if seen[eventID] {
				t.Fatal("an event is on two pages")
			}
			seen[eventID] = true
			at := times[eventID]
			if other, ok := home[at]; ok && other != id {
				t.Fatalf("second %d is on two pages", at)
			}
			home[at] = id
		}
	}
	for _, page := range pages {
		if page.Parts != parts[string(page.PageId)] {
			t.Fatalf("page says %d parts and has %d", page.Parts, parts[string(page.PageId)])
		}
	}
	if len(seen) != len(times) {
		t.Fatalf("%d of %d events are on pages", len(seen), len(times))
	}
	for s := int64(-2); s < 60; s++ {
		id, ok := proven[s]
		if inside := iv.Since <= s && s <= iv.Until; ok != inside {
			t.Fatalf("second %d: proven %t, want %t", s, ok, inside)
		}
		if at, held := home[s]; ok && held && at != id {
			t.Fatalf("second %d is proven by another page than its events'", s)
		}
	}
}

func idsOf(page *ingest.Page) (ids []event.ID) {
	for _, e := range page.Events {
		ids = append(ids, event.ID(e.Id))
	}
	for from := 0; from < len(page.KnownIds); from += 32 {
		ids = append(ids, event.ID(page.KnownIds[from:from+32]))
	}
	return ids
}

func ExampleMoment() {
	var m Moment
	fmt.Println(m.UnmarshalText([]byte("1700000000")), m.UTC().Format("2006-01-02"))
	fmt.Println(m.UnmarshalText([]byte("yesterday")))
	// Output:
	// <nil> 2023-11-14
	// "yesterday" is neither unix seconds nor RFC 3339
}
