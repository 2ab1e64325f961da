package event

import (
	"bytes"
	"slices"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"
)

// Two forgeries that cancel out pass where all coefficients are the same, and wherever else they can be foreseen. The
// first half of the test proves that the forgeries are as good as that.
func TestForgeriesThatCancelOut(t *testing.T) {
	for _, authors := range []int{1, 2, 20} {
		events := signedBy(20, authors)
		cancel(events[4], events[15])
		good := make([]bool, len(events))
		b := newBatch(events, good)
		if !b.holds(b.claims, sameCoefficients(len(events))) {
			t.Fatal("the forgeries do not cancel out under coefficients that are all the same")
		}
		for round := range 5 {
			for i, got := range CheckSignatures(events) {
				if want := i != 4 && i != 15; got != want {
					t.Fatalf("round %d, event %d: got %v, want %v", round, i, got, want)
				}
			}
		}
	}
}

// The equation must hold for what is signed under any coefficients, and not be true by accident of one of its terms.
func TestBatchEquation(t *testing.T) {
	events := signedBy(12, 5)
	b := newBatch(events, make([]bool, len(events)))
	for n := range len(events) + 1 {
		if !b.holds(b.claims[:n], randomCoefficients(n)) {
			t.Errorf("got a sum that does not hold for %d good signatures", n)
		}
	}
	for i := range b.claims {
		c := b.claims[i]
		one := fr.One()
		b.claims[i].s.Add(&c.s, &one)
		refuteBatch(t, b, "another s")
		b.claims[i] = c
		b.claims[i].e.Add(&c.e, &one)
		refuteBatch(t, b, "another challenge")
		b.claims[i] = c
		b.claims[i].r.Neg(&c.r)
		refuteBatch(t, b, "an odd R")
		b.claims[i] = c
		b.claims[i].author = (c.author + 1) % len(b.authors)
		refuteBatch(t, b, "another author")
		b.claims[i] = c
	}
}

func refuteBatch(t *testing.T, b *batch, name string) {
	t.Helper()
	if b.holds(b.claims, randomCoefficients(len(b.claims))) {
		t.Errorf("%s: got a sum that holds", name)
	}
}

// A forger who could see that coefficients come again, or are narrow, could aim at them.
func TestCoefficientsAreUnforeseeable(t *testing.T) {
	seen, wide := map[fr.Element]bool{}, 0
	for range 50 {
		for _, a := range randomCoefficients(40) {
			bits := a.Bits()
			if seen[a] || a.IsZero() || bits[2]|bits[3] != 0 {
				t.Fatalf("got the coefficient %s, want one of 128 bits and a new one", a.String())
			}
			seen[a] = true
			wide += int(bits[1] >> 63 & (bits[0] >> 63))
		}
	}
	if wide < 350 || wide > 650 {
		t.Errorf("got both high bits in %d of 2000 coefficients, want about a quarter", wide)
	}
}

// A page of nothing but forgeries must not be searched by halves down to the last of them.
func TestSearchGivesUp(t *testing.T) {
	events := signedBy(256, 256)
	for _, e := range events {
		e.Sig[63] ^= 1
	}
	b := newBatch(events, make([]bool, len(events)))
	b.settle(b.claims, false)
	if b.forged != len(events) {
		t.Errorf("got %d forged, want %d", b.forged, len(events))
	}
	if b.sums > 12 {
		t.Errorf("got %d sums, want no more than 12 before the rest is checked one by one", b.sums)
	}
}

// What no single check accepts must be refused before the sum, in which it would count as what it is modulo p or n.
func TestMalformedNeverEnters(t *testing.T) {
	one := bytes.Repeat([]byte{0}, 32)
	one[31] = 1
	if _, ok := lift(one); !ok {
		t.Error("1 is the x of a point, got none")
	}
	onePlusPrime, order, prime := btcec.S256().P.Bytes(), btcec.S256().N.Bytes(), btcec.S256().P.Bytes()
	onePlusPrime[31]++
	for _, x := range [][]byte{onePlusPrime, prime, make([]byte, 32), bytes.Repeat([]byte{255}, 32)} {
		if _, ok := lift(x); ok {
			t.Errorf("got a point for %x, want none", x)
		}
	}
	good := signedBy(1, 1)[0]
	for _, s := range [][]byte{order, bytes.Repeat([]byte{255}, 32), onePlusPrime} {
		bad := *good
		copy(bad.Sig[32:], s)
		if c := (claim{event: &bad}); c.read() {
			t.Errorf("s = %x was read", s)
		}
	}
	order[31]--
	copy(good.Sig[32:], order)
	if c := (claim{event: good}); !c.read() {
		t.Error("s = n - 1 was not read")
	}
}

// A page that holds costs one sum.
func TestGoodPageIsOneSum(t *testing.T) {
	good := make([]bool, max(100, batchMin))
	b := newBatch(signedBy(len(good), 30), good)
	b.settle(b.claims, false)
	if b.sums != 1 || b.forged != 0 || slices.Contains(good, false) {
		t.Errorf("got %d forged after %d sums, want none after one", b.forged, b.sums)
	}
}

// One forgery among many costs a number of sums that grows like the logarithm of the page.
func TestSearchHalves(t *testing.T) {
	for _, place := range []int{0, 64, 127} {
		events := signedBy(128, 30)
		events[place].Sig[63] ^= 1
		b := newBatch(events, make([]bool, len(events)))
		b.settle(b.claims, false)
		if b.forged != 1 || b.sums > 11 {
			t.Errorf("forgery at %d: got %d forged after %d sums, want 1 after no more than 11", place, b.forged, b.sums)
		}
	}
}

func sameCoefficients(n int) []fr.Element {
	coefficients := make([]fr.Element, n)
	for i := range coefficients {
		coefficients[i].SetUint64(12345)
	}
	return coefficients
}
