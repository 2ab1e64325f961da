package simrelay

import (
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func TestWorldIsRepeatableAndSigned(t *testing.T) {
	cfg := WorldConfig{Seed: 11, Events: 600, RelayURLs: []string{"wss://a.example", "wss://b.example"}}
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
	if len(seen) != 600 {
		t.Errorf("got %d ids, want 600", len(seen))
	}
}

func TestWorldLooksLikeTheNetwork(t *testing.T) {
	urls := []string{"wss://relay-one.example", "wss://relay-two.example"}
	w := GenerateWorld(WorldConfig{Seed: 3, Events: 5000, RelayURLs: urls, DenseSeconds: 2, DenseSize: 150})
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
		sizes[2500], bytes/5000, sizes[4500], sizes[4999], kinds, len(authors), multibyte)
	if m := sizes[2500]; m < 450 || m > 800 {
		t.Errorf("got a median of %d bytes, want about 600", m)
	}
	if n := kinds[1]; n < 1900 || n > 2400 || kinds[7] < 1350 || kinds[3] < 100 || kinds[30023] < 15 || kinds[10002] < 30 {
		t.Errorf("got kinds %v", kinds)
	}
	if top := authors[w.keys[0].PubKey()]; top < 500 || len(authors) < 200 || multibyte < 500 || len(listed) != 2 {
		t.Errorf("top author %d, %d authors, %d multibyte, relays %v", top, len(authors), multibyte, listed)
	}
	dense := 0
	for _, n := range seconds {
		if n >= 150 {
			dense++
		}
	}
	half := w.Events[2500].CreatedAt - w.cfg.Since.Unix()
	if span := w.cfg.Until.Unix() - w.cfg.Since.Unix(); dense != 2 || half < span*6/10 {
		t.Errorf("got %d dense seconds, and half of the events in the first %d of %d s", dense, half, span)
	}
}

func TestDistribute(t *testing.T) {
	w := GenerateWorld(WorldConfig{Seed: 4, Events: 1000})
	parts := w.Distribute(10, 4.7)
	copies, sum := map[event.ID]int{}, 0
	for _, part := range parts {
		sum += len(part)
		for _, ev := range part {
			copies[ev.ID]++
		}
	}
	if sum < 4500 || sum > 4900 || len(copies) != 1000 || len(parts[0]) <= len(parts[9]) {
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
	w := GenerateWorld(WorldConfig{Seed: 4, Events: 100})
	now := time.Now()
	a, b := w.More(3, now), w.More(3, now)
	if len(w.Events) != 106 || a[0].CreatedAt != now.Unix() || a[0].ID == b[0].ID || !b[2].CheckSignature() {
		t.Fatalf("got %d events, first of the new ones at %d", len(w.Events), a[0].CreatedAt)
	}
}
