package event

import (
	"bytes"
	"encoding/csv"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
)

var mutations = flag.Int("mutations", 100, "how many mutated events CheckSignatures and CheckSignature must agree on")

func TestPagesOfOfficialVectors(t *testing.T) {
	data, ok := dataFile(t, "vectors/bip340.csv")
	if !ok {
		return
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var vectors []*Event
	verdict := map[*Event]bool{}
	for _, row := range rows[1:] {
		if len(row[4]) == 64 {
			e := vector(t, row[2], row[4], row[5])
			vectors, verdict[&e] = append(vectors, &e), row[6] == "TRUE"
		}
	}
	for _, e := range signedBy(len(vectors), 3) {
		verdict[e] = true
		vectors = append(vectors, e)
	}
	for size := 1; size <= len(vectors); size++ {
		for range 2 {
			rand.Shuffle(len(vectors), func(i, j int) { vectors[i], vectors[j] = vectors[j], vectors[i] })
			comparePage(t, vectors[:size], verdict)
		}
	}
}

// A page is shared out over batches of bounded size, and forged events at their seams must be found too.
func TestLargePage(t *testing.T) {
	events, verdict := signedBy(530, 50), map[*Event]bool{}
	for _, e := range events {
		verdict[e] = true
	}
	for _, i := range []int{0, 511, 512, 519, 520, 529} {
		events[i].Sig[63] ^= 1
		verdict[events[i]] = false
	}
	comparePage(t, events, verdict)
	comparePage(t, nil, verdict)
}

// Whatever is changed in a page, and however the changes make up for each other, every event gets the verdict that it
// gets alone.
func TestPagesOfMutations(t *testing.T) {
	pool, accepted, changed := signedBy(150, 60), 0, 0
	for changed < *mutations {
		page := make([]*Event, 2+rand.IntN(1+rand.IntN(299)))
		verdict := map[*Event]bool{}
		for i := range page {
			page[i] = pool[rand.IntN(len(pool))]
			verdict[page[i]] = true
		}
		for range rand.IntN([]int{4, 1 + len(page)}[rand.IntN(2)]) { // a few of the page, or any number
			mutated := mutate(page)
			for _, e := range mutated {
				verdict[e] = e.CheckSignature()
				accepted += count(verdict[e])
			}
			changed += len(mutated)
		}
		comparePage(t, page, verdict)
	}
	t.Logf("%d mutated events, of which %d still hold", changed, accepted)
	if accepted == 0 || accepted > changed/3 {
		t.Errorf("got %d of %d mutated events that still hold, want some and no more than a third", accepted, changed)
	}
}

func comparePage(t *testing.T, page []*Event, verdict map[*Event]bool) {
	t.Helper()
	got := CheckSignatures(page)
	if len(got) != len(page) {
		t.Fatalf("got %d verdicts on %d events", len(got), len(page))
	}
	for i, e := range page {
		if got[i] != verdict[e] {
			t.Fatalf("event %d of %d: got %v, want %v: id %v pubkey %v sig %x", i, len(page), got[i], verdict[e], e.ID, e.PubKey, e.Sig)
		}
	}
}

// mutate puts changed copies of one to three events of the page in their place, and returns them.
func mutate(page []*Event) []*Event {
	places := rand.Perm(len(page))[:min(len(page), 1+rand.IntN(3))]
	changed := make([]*Event, len(places))
	for i, place := range places {
		e := *page[place]
		page[place], changed[i] = &e, &e
	}
	if len(changed) > 1 && rand.IntN(3) > 0 {
		change := pairs[rand.IntN(len(pairs))]
		change(changed[0], changed[1])
		return changed // the third, if there is one, is a copy that holds
	}
	for _, e := range changed {
		singles[rand.IntN(len(singles))](e)
	}
	return changed
}

var singles = []func(e *Event){
	func(e *Event) { flip(e.Sig[:32]) },
	func(e *Event) { flip(e.Sig[32:]) },
	func(e *Event) { flip(e.ID[:]) },
	func(e *Event) { flip(e.PubKey[:]) }, // one in two is the x of no point
	func(e *Event) { e.PubKey = GenerateKey().PubKey() },
	func(e *Event) { fill(e.Sig[:]) },
	func(e *Event) { copy(e.Sig[32:], scalarBytes(scalarOf(e).Negate())) },
	func(e *Event) { atLeast(e.Sig[:32], btcec.S256().P.Bytes()) },
	func(e *Event) { atLeast(e.Sig[32:], btcec.S256().N.Bytes()) },
	func(e *Event) { atLeast(e.PubKey[:], btcec.S256().P.Bytes()) },
	func(e *Event) { clear(e.Sig[:32]) },
	func(e *Event) { clear(e.Sig[32:]) },
	func(e *Event) { clear(e.PubKey[:]) },
	func(*Event) {}, // an equal copy
}

// pairs are changes of two events, among them those that cancel out where both have the same coefficient.
var pairs = []func(a, b *Event){
	func(a, b *Event) { a.Sig, b.Sig = b.Sig, a.Sig },
	func(a, b *Event) { a.PubKey, b.PubKey = b.PubKey, a.PubKey },
	func(a, b *Event) { a.ID, b.ID = b.ID, a.ID },
	func(a, b *Event) { copy(a.Sig[:32], b.Sig[:32]) },
	cancel,
	func(a, b *Event) { *b = *a; cancel(a, b) },
	func(a, b *Event) { flip(a.Sig[32:]); *b = *a }, // the same forgery twice
}

// cancel adds to one s what it takes from the other.
func cancel(a, b *Event) {
	d := make([]byte, 32)
	fill(d)
	var plus, minus btcec.ModNScalar
	plus.SetByteSlice(d)
	minus.NegateVal(&plus)
	copy(a.Sig[32:], scalarBytes(scalarOf(a).Add(&plus)))
	copy(b.Sig[32:], scalarBytes(scalarOf(b).Add(&minus)))
}

func scalarOf(e *Event) *btcec.ModNScalar {
	s := new(btcec.ModNScalar)
	s.SetByteSlice(e.Sig[32:])
	return s
}

func scalarBytes(s *btcec.ModNScalar) []byte {
	b := s.Bytes()
	return b[:]
}

func flip(b []byte) {
	for range 1 + rand.IntN(3) {
		b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
	}
}

func fill(b []byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
}

// atLeast makes b the bound, a little more, or as much as fits.
func atLeast(b, bound []byte) {
	copy(b, bound)
	switch rand.IntN(3) {
	case 0:
		b[31] += byte(rand.IntN(int(256 - uint16(b[31]))))
	case 1:
		copy(b, slices.Repeat([]byte{255}, 32))
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// signedBy returns n different events that hold, written in turn by so many authors.
func signedBy(n, authors int) []*Event {
	keys := make([]Key, authors)
	for i := range keys {
		keys[i] = GenerateKey()
	}
	events := make([]*Event, n)
	for i := range events {
		e := keys[i%authors].Sign(int64(i), 1, nil, "one of many")
		events[i] = &e
	}
	return events
}
