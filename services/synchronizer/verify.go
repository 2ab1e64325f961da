package synchronizer

import (
	"context"
	"runtime"
	"sync"

	"github.com/maypok86/otter/v2"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// known returns the signatures of the ids that are archived already.
type known func(ctx context.Context, ids []event.ID) (map[event.ID][64]byte, error)

// verifiedMax is how many verified events are remembered: minutes of what one process reads.
const verifiedMax = 50_000

// verifier sorts events into known and new ones and checks the signatures of the new ones, each
// once, on no more goroutines than there are cores. Ids must have been checked before.
type verifier struct {
	known    known
	cores    chan struct{}
	verified *otter.Cache[event.ID, [64]byte] // id → the signature that was found good

	mu      sync.Mutex
	pending map[event.ID]chan struct{} // ids whose signature is being checked right now
}

func newVerifier(known known) *verifier {
	return &verifier{
		known:    known,
		cores:    make(chan struct{}, runtime.GOMAXPROCS(0)),
		verified: otter.Must(&otter.Options[event.ID, [64]byte]{MaximumSize: verifiedMax}),
		pending:  map[event.ID]chan struct{}{},
	}
}

// sort splits events into new ones with a good signature and known ones, each id once, and counts
// the forged. A known id under another signature is checked like a new event: a relay that sends a
// forged copy has not served the event.
func (v *verifier) sort(ctx context.Context, events []event.Event) (fresh, old []*event.Event, forged int, err error) {
	ids := make([]event.ID, len(events))
	for i := range events {
		ids[i] = events[i].ID
	}
	archived, err := v.known(ctx, ids)
	if err != nil {
		return nil, nil, 0, err
	}
	done := map[event.ID]bool{}
	accept := func(e *event.Event) {
		_, known := archived[e.ID]
		switch {
		case done[e.ID]:
		case known:
			old = append(old, e)
		default:
			fresh = append(fresh, e)
		}
		done[e.ID] = true
	}
	var unchecked []*event.Event
	for i := range events {
		if sig, ok := archived[events[i].ID]; ok && sig == events[i].Sig {
			accept(&events[i])
		} else {
			unchecked = append(unchecked, &events[i])
		}
	}
	for i, good := range v.check(unchecked) {
		if good {
			accept(unchecked[i])
		} else {
			forged++
		}
	}
	return fresh, old, forged, ctx.Err()
}

// checkAtOnce is how many signatures one goroutine checks before it looks for more work.
const checkAtOnce = 16

// check returns for each event whether its signature is good.
func (v *verifier) check(events []*event.Event) []bool {
	good := make([]bool, len(events))
	var working sync.WaitGroup
	for from := 0; from < len(events); from += checkAtOnce {
		to := min(from+checkAtOnce, len(events))
		v.cores <- struct{}{}
		working.Go(func() {
			defer func() { <-v.cores }()
			for i := from; i < to; i++ {
				good[i] = v.once(events[i])
			}
		})
	}
	working.Wait()
	return good
}

// once checks one signature unless it was found good before. An id that another page is at is
// waited for: five relays send the same new event at the same moment.
func (v *verifier) once(e *event.Event) bool {
	for {
		if sig, ok := v.verified.GetIfPresent(e.ID); ok && sig == e.Sig {
			return true
		}
		v.mu.Lock()
		wait, busy := v.pending[e.ID]
		if !busy {
			v.pending[e.ID] = make(chan struct{})
		}
		v.mu.Unlock()
		if !busy {
			return v.finish(e)
		}
		<-wait
		if sig, ok := v.verified.GetIfPresent(e.ID); ok && sig != e.Sig {
			return e.CheckSignature() // a second signature for an id is nobody else's work
		}
	}
}

func (v *verifier) finish(e *event.Event) bool {
	good := e.CheckSignature()
	if good {
		v.verified.Set(e.ID, e.Sig)
	}
	v.mu.Lock()
	close(v.pending[e.ID])
	delete(v.pending, e.ID)
	v.mu.Unlock()
	return good
}
