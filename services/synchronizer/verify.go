package synchronizer

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// maxForged is how many events with a forged signature one turn takes from a relay: each of them costs several good
// ones, because it spoils the checking of many together.
const maxForged = 200

// errForger says that a relay sent more than that.
var errForger = errors.New("relay sends forged signatures")

// verifiedMax is how many verified events are remembered: minutes of what one process reads.
const verifiedMax = 50_000

// verifier sorts events into known and new ones and checks the signatures of the new ones, each
// once and many together, on no more goroutines than there are cores. Ids must have been checked
// before.
type verifier struct {
	known    known
	catalog  *catalog
	cores    chan struct{}
	verified *otter.Cache[event.ID, [64]byte] // id → the signature that was found good

	mu      sync.Mutex
	pending map[event.ID]chan struct{} // ids whose signature is being checked right now
}

func newVerifier(known known) *verifier {
	return &verifier{
		known:    known,
		catalog:  newCatalog(known),
		cores:    make(chan struct{}, runtime.GOMAXPROCS(0)),
		verified: otter.Must(&otter.Options[event.ID, [64]byte]{MaximumSize: verifiedMax}),
		pending:  map[event.ID]chan struct{}{},
	}
}

// sort splits events into new ones with a good signature and known ones, each id once, and counts
// the forged. A known id under another signature is checked like a new event: a relay that sends a
// forged copy has not served the event.
func (v *verifier) sort(ctx context.Context, events []event.Event) (fresh, old []*event.Event, forged int, err error) {
	states, err := v.catalog.states(ctx, events)
	if err != nil {
		return nil, nil, 0, err
	}
	done := make(map[event.ID]bool, len(events))
	accept := func(i int) {
		e := &events[i]
		switch {
		case done[e.ID]:
		case states[i] == absent:
			fresh = append(fresh, e)
		default:
			old = append(old, e)
		}
		done[e.ID] = true
	}
	var unchecked []*event.Event
	var places []int
	for i := range events {
		if states[i] == held {
			accept(i)
		} else {
			unchecked, places = append(unchecked, &events[i]), append(places, i)
		}
	}
	for i, good := range v.check(unchecked) {
		if good {
			accept(places[i])
		} else {
			forged++
		}
	}
	return fresh, old, forged, ctx.Err()
}

// chunkMin is the fewest signatures that are worth a goroutine of their own: the more are checked
// together, the less each of them costs.
const chunkMin = 64

// doubt is an event whose signature is not known to be good.
type doubt struct {
	event *event.Event
	good  *bool
}

// check returns for each event whether its signature is good. An id that another page is at is
// waited for, because five relays send the same new event at the same moment; only if it was not
// found good there, under this signature, it is checked here. Nothing is held while waiting.
func (v *verifier) check(events []*event.Event) []bool {
	good := make([]bool, len(events))
	mine, others, busy := v.claim(events, good)
	v.settle(mine)
	v.release(mine)
	for _, done := range busy {
		<-done
	}
	v.settle(v.unverified(others))
	return good
}

// claim sorts events into those that are good already, those that are this page's to check, and
// those that another page, or another event of this one, is at.
func (v *verifier) claim(events []*event.Event, good []bool) (mine, others []doubt, busy []<-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, e := range events {
		done, taken := v.pending[e.ID]
		switch {
		case v.isGood(e):
			good[i] = true
		case taken:
			others, busy = append(others, doubt{e, &good[i]}), append(busy, done)
		default:
			v.pending[e.ID] = make(chan struct{})
			mine = append(mine, doubt{e, &good[i]})
		}
	}
	return mine, others, busy
}

func (v *verifier) isGood(e *event.Event) bool {
	sig, ok := v.verified.GetIfPresent(e.ID)
	return ok && sig == e.Sig
}

// settle checks signatures, in as few parts as keep all cores at work.
func (v *verifier) settle(doubts []doubt) {
	size := max(chunkMin, (len(doubts)+cap(v.cores)-1)/cap(v.cores))
	var working sync.WaitGroup
	for chunk := range slices.Chunk(doubts, size) {
		v.cores <- struct{}{}
		working.Go(func() {
			defer func() { <-v.cores }()
			v.verify(chunk)
		})
	}
	working.Wait()
}

func (v *verifier) verify(chunk []doubt) {
	runtime.LockOSThread() // what is measured is the thread's time
	defer runtime.UnlockOSThread()
	events := make([]*event.Event, len(chunk))
	for i, d := range chunk {
		events[i] = d.event
	}
	began := threadCPU()
	verdicts := event.CheckSignatures(events)
	verifyCPU.Add((threadCPU() - began).Seconds())
	signaturesChecked.Add(float64(len(events)))
	for i, good := range verdicts {
		*chunk[i].good = good
		if good {
			v.verified.Set(events[i].ID, events[i].Sig)
		}
	}
}

// release lets the pages go on that wait for what this one has checked.
func (v *verifier) release(mine []doubt) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range mine {
		close(v.pending[d.event.ID])
		delete(v.pending, d.event.ID)
	}
}

// unverified returns the doubts that are left, and settles the others.
func (v *verifier) unverified(doubts []doubt) (left []doubt) {
	for _, d := range doubts {
		if *d.good = v.isGood(d.event); !*d.good {
			left = append(left, d)
		}
	}
	return left
}

// threadCPU is the CPU time that the calling thread has used, and 0 where the system does not tell.
func threadCPU() time.Duration {
	const thread = 1 // RUSAGE_THREAD of Linux
	var used syscall.Rusage
	if syscall.Getrusage(thread, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
