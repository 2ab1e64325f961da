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
	v := newVerifier(func(_ context.Context, ids []event.ID) (map[event.ID]struct{}, error) {
		return map[event.ID]struct{}{ids[0]: {}, ids[1]: {}}, nil
	})
	var pages sync.WaitGroup
	for range 5 { // the same page from five relays at once
		pages.Go(func() {
			fresh, old, bad, err := v.sort(t.Context(), events)
			if err != nil || len(fresh) != 197 || len(old) != 2 || bad != 1 {
				t.Errorf("got %d new, %d known, %d forged, %v, want 197, 2, 1", len(fresh), len(old), bad, err)
			}
		})
	}
	pages.Wait()
	if len(v.pending) != 0 {
		t.Errorf("got %d ids still pending", len(v.pending))
	}
	again := events[20]
	again.Sig = events[21].Sig
	if good := v.check([]*event.Event{&again}); good[0] {
		t.Error("a verified id was accepted with another event's signature")
	}
}
