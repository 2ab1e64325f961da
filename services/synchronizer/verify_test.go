package synchronizer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func TestVerifierSorts(t *testing.T) {
	key := event.GenerateKey()
	var events []event.Event
	for i := range 200 {
		events = append(events, key.Sign(int64(i), 1, nil, fmt.Sprint(i)))
	}
	forged := events[7]
	forged.Sig[3] ^= 1
	events[7] = forged
	copied := events[3] // known, and sent under a signature that is not its own
	copied.Sig = events[4].Sig
	events = append(events, copied)
	v := newVerifier(func(context.Context, []event.ID) (map[event.ID][64]byte, error) {
		return map[event.ID][64]byte{events[0].ID: events[0].Sig, events[3].ID: events[3].Sig}, nil
	})
	var pages sync.WaitGroup
	for range 5 { // the same page from five relays at once
		pages.Go(func() {
			fresh, old, bad, err := v.sort(t.Context(), events)
			if err != nil || len(fresh) != 197 || len(old) != 2 || bad != 2 {
				t.Errorf("got %d new, %d known, %d forged, %v, want 197, 2, 2", len(fresh), len(old), bad, err)
			}
		})
	}
	pages.Wait()
	if len(v.pending) != 0 {
		t.Errorf("got %d ids still pending", len(v.pending))
	}
	if fresh, old, bad, err := v.sort(t.Context(), events[200:]); err != nil || len(fresh)+len(old) != 0 || bad != 1 {
		t.Errorf("a known id under a forged signature: got %d new, %d known, %d forged, %v, want it forged", len(fresh), len(old), bad, err)
	}
	again := events[20]
	again.Sig = events[21].Sig
	if good := v.check([]*event.Event{&again}); good[0] {
		t.Error("a verified id was accepted with another event's signature")
	}
}

// An id that one page is checking is waited for by another, which takes over the verdict only if it is on its own
// signature.
func TestVerifierWaitsForWhatIsPending(t *testing.T) {
	key := event.GenerateKey()
	var page []*event.Event
	for i := range 20 {
		e := key.Sign(int64(i), 1, nil, fmt.Sprint(i))
		page = append(page, &e)
	}
	forged := *page[5]
	forged.Sig[3] ^= 1
	v := newVerifier(nil)
	first := append(slices.Clone(page[:5]), &forged, page[6])
	good := make([]bool, len(first))
	mine, others, _ := v.claim(first, good) // a page that has begun
	if len(mine) != 7 || len(others) != 0 {
		t.Fatalf("got %d to check and %d to wait for, want 7 and 0", len(mine), len(others))
	}
	if _, others, busy := v.claim(page[:7], make([]bool, 7)); len(others) != 7 || len(busy) != 7 {
		t.Fatalf("got %d to wait for of a page that another is at, want 7", len(others))
	}
	second := make(chan []bool, 1)
	go func() { second <- v.check(page) }()
	v.settle(mine)
	select {
	case <-second:
		t.Fatal("a page did not wait for ids that another is checking")
	default:
	}
	v.release(mine)
	if got := <-second; slices.Contains(got, false) {
		t.Errorf("got %v, want every event of the second page good", got)
	}
	if got, want := good, []bool{true, true, true, true, true, false, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(v.pending) != 0 {
		t.Errorf("got %d ids still pending", len(v.pending))
	}
}

// A page that repeats itself does not wait for itself, whatever signatures the copies have.
func TestVerifierChecksCopiesInOnePage(t *testing.T) {
	good := event.GenerateKey().Sign(1, 1, nil, "again")
	var page []*event.Event
	for i := range 150 {
		copied := good
		copied.Sig[i%64] ^= byte(i % 3)
		page = append(page, &copied)
	}
	for i, got := range newVerifier(nil).check(page) {
		if want := i%3 == 0; got != want {
			t.Errorf("copy %d: got %v, want %v", i, got, want)
		}
	}
}
