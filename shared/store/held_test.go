package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestHeldAgainstAnOracle asks for random filters, intervals and limits and compares with a walk over all events.
func TestHeldAgainstAnOracle(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	random := rand.New(rand.NewPCG(1, 2))
	keys := []event.Key{event.GenerateKey(), event.GenerateKey(), event.GenerateKey()}
	var here, gone, elsewhere []event.Event
	for i := range 240 {
		e := keys[random.IntN(3)].Sign(int64(1000+random.IntN(60)), uint16(random.IntN(4)), nil, fmt.Sprint(i))
		switch random.IntN(4) {
		case 0:
			gone = append(gone, e)
		case 1:
			elsewhere = append(elsewhere, e)
		default:
			here = append(here, e)
		}
	}
	write(t, s, batchOf(pageOf(relayA, noon-1000, slices.Concat(here, gone)...), pageOf(relayB, noon-1000, slices.Concat(elsewhere, gone)...)))
	expect(t, "marked", write(t, s, batchOf(lackingPage(relayA, noon-500, gone...))).Missing, len(gone))
	slices.SortFunc(here, func(a, b event.Event) int {
		return cmp.Or(cmp.Compare(b.CreatedAt, a.CreatedAt), slices.Compare(b.ID[:], a.ID[:]))
	})
	some, overfull := 0, 0
	for range 200 {
		var filter event.Filter
		for range random.IntN(3) {
			filter.Kinds = append(filter.Kinds, uint16(random.IntN(5)))
		}
		for range random.IntN(3) {
			filter.Authors = append(filter.Authors, keys[random.IntN(3)].PubKey())
		}
		iv := store.Interval{Since: int64(990 + random.IntN(60)), Until: int64(1000 + random.IntN(80))}
		limit := random.IntN(100)
		var want []store.Held
		for _, e := range here {
			if filter.Matches(&e) && iv.Since <= e.CreatedAt && e.CreatedAt <= iv.Until {
				want = append(want, store.Held{ID: e.ID, CreatedAt: e.CreatedAt})
			}
		}
		wantMore := len(want) > limit
		want = want[:min(len(want), limit)]
		held, more, err := r.Held(t.Context(), relayA, filter, iv, limit)
		if err != nil || more != wantMore || !slices.Equal(held, want) {
			t.Fatalf("Held(%s, %v, %d): got %d events, %v, %v, want %d, %v", filter.Canonical(), iv, limit, len(held), more, err, len(want), wantMore)
		}
		some, overfull = some+min(len(want), 1), overfull+map[bool]int{true: 1}[more]
	}
	if some < 50 || overfull < 20 {
		t.Errorf("got %d answers with events and %d with more, want many of both", some, overfull)
	}
}

func TestHeldKnowsItsLimits(t *testing.T) {
	r := testkit.Reader(t, testkit.Postgres(t))
	everything := store.Interval{Since: 0, Until: 1<<63 - 1}
	for _, filter := range []event.Filter{{IDs: []event.ID{{}}}, {Tags: map[byte][]string{'t': {"a"}}}, {Search: "a"}} {
		if _, _, err := r.Held(t.Context(), relayA, filter, everything, 10); !errors.Is(err, store.ErrFilterNotHeld) {
			t.Errorf("Held(%s): got %v, want ErrFilterNotHeld", filter.Canonical(), err)
		}
	}
	held, more, err := r.Held(t.Context(), "wss://nobody.example.com", event.Filter{}, everything, 10)
	if len(held) > 0 || more || err != nil {
		t.Errorf("Held of an unknown relay: got %v, %v, %v, want nothing", held, more, err)
	}
}
