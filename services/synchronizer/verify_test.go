package synchronizer

import (
	"context"
	"fmt"
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
