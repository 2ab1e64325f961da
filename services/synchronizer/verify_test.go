package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maypok86/otter/v2"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
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

// What Postgres said it has is asked for once, under its own signature; what it lacks is asked for each time.
func TestCatalogAsksOnce(t *testing.T) {
	key := event.GenerateKey()
	var events []event.Event
	for i := range 10 {
		events = append(events, key.Sign(int64(i), 1, nil, fmt.Sprint(i)))
	}
	asked := 0
	c := newCatalog(func(_ context.Context, ids []event.ID) (map[event.ID][64]byte, error) {
		asked = len(ids)
		archived := map[event.ID][64]byte{}
		for _, e := range events[:7] {
			if slices.Contains(ids, e.ID) {
				archived[e.ID] = e.Sig
			}
		}
		return archived, nil
	})
	look := func(wantAsked int, want ...state) {
		t.Helper()
		asked = 0
		got, err := c.states(t.Context(), events[10-len(want):])
		if err != nil || !slices.Equal(got, want) || asked != wantAsked {
			t.Errorf("got %v, %v, %d asked for, want %v and %d", got, err, asked, want, wantAsked)
		}
	}
	all := []state{held, held, held, held, held, held, held, absent, absent, absent}
	look(10, all...)
	look(3, all...)
	forged := events[6]
	forged.Sig[9] ^= 1
	states, err := c.states(t.Context(), []event.Event{forged})
	if err != nil || states[0] != another {
		t.Errorf("a remembered id under another signature: got %v, %v, want %v", states, err, another)
	}
	look(3, all[6:]...)
	age(c, events[5].ID)
	look(4, all...)
}

// age makes an event be remembered since longer than it should.
func age(c *catalog, id event.ID) {
	c.had.ComputeIfPresent(id, func(had memo) (memo, otter.ComputeOp) {
		had.until -= int64(rememberedFor.Seconds())
		return had, otter.WriteOp
	})
}

// A catalog that cannot ask answers nothing: an event must not be taken for a new one, nor for a known one.
func TestCatalogFailsWithPostgres(t *testing.T) {
	broken := errors.New("broken")
	v := newVerifier(func(context.Context, []event.ID) (map[event.ID][64]byte, error) { return nil, broken })
	e := event.GenerateKey().Sign(1, 1, nil, "x")
	if fresh, old, _, err := v.sort(t.Context(), []event.Event{e}); !errors.Is(err, broken) || len(fresh)+len(old) != 0 {
		t.Errorf("got %d new, %d known, %v, want the error", len(fresh), len(old), err)
	}
}

// An event that the archive loses while it is remembered costs one refused interval and no sighting: nothing is proven
// meanwhile, and once it is forgotten the next walk sends its body.
func TestLostEventIsSentAgain(t *testing.T) {
	dsn := testkit.Postgres(t)
	writer := testkit.Store(t, dsn)
	v := newVerifier(testkit.Reader(t, dsn).Signatures)
	key := event.GenerateKey()
	var events []event.Event
	for i := range 5 {
		events = append(events, key.Sign(int64(100+i), 1, nil, fmt.Sprint(i)))
	}
	walk := func(relay string) (written store.Written, bodies int) {
		t.Helper()
		fresh, old, _, err := v.sort(t.Context(), events)
		if err != nil {
			t.Fatal(err)
		}
		filter := event.Filter{}
		head := &ingest.Page{Relay: relay, Vantage: "test", Filter: filter.Canonical(), Proof: ingest.Proof_PROOF_EOSE, SeenAt: 1000}
		var items []item
		for _, e := range fresh {
			items = append(items, item{e, true})
		}
		for _, e := range old {
			items = append(items, item{e, false})
		}
		batch := &ingest.Batch{Pages: build(head, Interval{Since: 1, Until: 1000}, items)}
		written, err = writer.Write(t.Context(), []*ingest.Batch{batch}, store.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return written, len(fresh)
	}
	for _, step := range []struct {
		name            string
		relay           string
		before          func()
		bodies, refused int
	}{
		{"new", "wss://a.example", func() {}, 5, 0},
		{"known, and remembered from now on", "wss://b.example", func() {}, 0, 0},
		{"lost, and remembered", "wss://c.example", func() {
			testkit.Exec(t, dsn, fmt.Sprintf(`DELETE FROM event WHERE id = '\x%s'`, events[2].ID))
		}, 0, 1},
		{"lost, and forgotten", "wss://c.example", func() { age(v.catalog, events[2].ID) }, 1, 0},
		{"known again", "wss://d.example", func() {}, 0, 0},
	} {
		step.before()
		if w, bodies := walk(step.relay); bodies != step.bodies || w.IntervalsRefused != step.refused {
			t.Errorf("%s: got %d bodies and %d intervals refused, want %d and %d", step.name, bodies, w.IntervalsRefused, step.bodies, step.refused)
		}
	}
}

// However many pages come at once, signatures are checked on no more goroutines than there are cores.
func TestVerifierKeepsToTheCores(t *testing.T) {
	v := newVerifier(nil)
	v.cores = make(chan struct{}, 2)
	v.cores <- struct{}{} // somebody else is at work
	var page []*event.Event
	key := event.GenerateKey()
	for i := range 3 * chunkMin {
		e := key.Sign(int64(i), 1, nil, fmt.Sprint(i))
		page = append(page, &e)
	}
	busiest, stop, watched := 0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			default:
				busiest = max(busiest, working())
			}
		}
	}()
	var pages sync.WaitGroup
	for range 3 {
		pages.Go(func() {
			mine := make([]doubt, len(page))
			for i := range page {
				mine[i] = doubt{page[i], new(bool)}
			}
			v.settle(mine)
		})
	}
	pages.Wait()
	close(stop)
	<-watched
	if busiest != 1 {
		t.Errorf("got up to %d goroutines that check signatures, want 1: the other core is taken", busiest)
	}
}

// working counts the goroutines that check signatures now.
func working() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "synchronizer.(*verifier).verify(")
}
