package simrelay

import (
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func TestWorldIsRepeatableAndSigned(t *testing.T) {
	cfg := WorldConfig{Seed: 11, Events: 150, RelayURLs: []string{"wss://a.example", "wss://b.example"}}
	a, b := GenerateWorld(cfg), GenerateWorld(cfg)
	cfg.Seed++
	c := GenerateWorld(cfg)
	seen := map[event.ID]bool{}
	for i := range a.Events {
		ev := &a.Events[i]
		if ev.ID != b.Events[i].ID || ev.ID == c.Events[i].ID {
			t.Fatalf("event %d: id must depend on the seed and on nothing else", i)
		}
		if parsed, err := event.Parse(ev.AppendJSON(nil)); err != nil || !parsed.CheckSignature() {
			t.Fatalf("event %d does not verify: %v", i, err)
		}
		if i > 0 && ev.CreatedAt < a.Events[i-1].CreatedAt {
			t.Fatalf("event %d is older than the one before", i)
		}
		seen[ev.ID] = true
	}
	if len(seen) != 150 {
		t.Errorf("got %d ids, want 150", len(seen))
	}
}

func TestWorldLooksLikeTheNetwork(t *testing.T) {
	urls := []string{"wss://relay-one.example", "wss://relay-two.example"}
	w := GenerateWorld(WorldConfig{Seed: 3, Events: 1500, RelayURLs: urls, DenseSeconds: 2, DenseSize: 100})
	kinds, authors, seconds := map[uint16]int{}, map[event.PubKey]int{}, map[int64]int{}
	var sizes []int
	bytes, multibyte, listed := 0, 0, map[string]bool{}
	for i := range w.Events {
		ev := &w.Events[i]
		kinds[ev.Kind]++
		authors[ev.PubKey]++
		seconds[ev.CreatedAt]++
		n := len(ev.AppendJSON(nil))
		sizes, bytes = append(sizes, n), bytes+n
		if text := ev.DecodeContent(); utf8.RuneCountInString(text) != len(text) {
			multibyte++
		}
		if ev.Kind == 10002 {
			for _, tag := range ev.DecodeTags() {
				listed[tag[1]] = true
			}
		}
	}
	slices.Sort(sizes)
	t.Logf("median %d mean %d p90 %d max %d bytes, kinds %v, %d authors, %d with multibyte text",
		sizes[750], bytes/1500, sizes[1350], sizes[1499], kinds, len(authors), multibyte)
	if m := sizes[750]; m < 450 || m > 800 {
		t.Errorf("got a median of %d bytes, want about 600", m)
	}
	if n := kinds[1]; n < 560 || n > 730 || kinds[7] < 400 || kinds[3] < 30 || kinds[30023] < 4 || kinds[10002] < 8 {
		t.Errorf("got kinds %v", kinds)
	}
	if top := authors[w.keys[0].PubKey()]; top < 150 || len(authors) < 60 || multibyte < 150 || len(listed) != 2 {
		t.Errorf("top author %d, %d authors, %d multibyte, relays %v", top, len(authors), multibyte, listed)
	}
	dense := 0
	for _, n := range seconds {
		if n >= 100 {
			dense++
		}
	}
	half := w.Events[750].CreatedAt - w.cfg.Since.Unix()
	if span := w.cfg.Until.Unix() - w.cfg.Since.Unix(); dense != 2 || half < span*6/10 {
		t.Errorf("got %d dense seconds, and half of the events in the first %d of %d s", dense, half, span)
	}
}

func TestDistribute(t *testing.T) {
	w := GenerateWorld(WorldConfig{Seed: 4, Events: 300})
	parts := w.Distribute(10, 4.7)
	copies, sum := map[event.ID]int{}, 0
	for _, part := range parts {
		sum += len(part)
		for _, ev := range part {
			copies[ev.ID]++
		}
	}
	if sum < 1320 || sum > 1500 || len(copies) != 300 || len(parts[0]) <= len(parts[9]) {
		t.Fatalf("got %d copies of %d events, sizes %d … %d", sum, len(copies), len(parts[0]), len(parts[9]))
	}
	for _, part := range parts {
		ids := map[event.ID]bool{}
		for _, ev := range part {
			if ids[ev.ID] {
				t.Fatal("one relay got an event twice")
			}
			ids[ev.ID] = true
		}
	}
}

func TestMoreContinuesTheWorld(t *testing.T) {
	w := GenerateWorld(WorldConfig{Seed: 4, Events: 40})
	now := time.Now()
	a, b := w.More(3, now), w.More(3, now)
	if len(w.Events) != 46 || a[0].CreatedAt != now.Unix() || a[0].ID == b[0].ID || !b[2].CheckSignature() {
		t.Fatalf("got %d events, first of the new ones at %d", len(w.Events), a[0].CreatedAt)
	}
}
