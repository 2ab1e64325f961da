//go:build !libsecp256k1 || !cgo

package event

import (
	"slices"

	"github.com/consensys/gnark-crypto/ecc/secp256k1"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"
)

const (
	// batchMin is the fewest signatures that are well cheaper to check together than one by one.
	batchMin = 8
	// batchMax bounds the memory of one batch; larger ones gain little more.
	batchMax = 512
	// forgedMax is how many forged signatures are searched for by halves before the rest is checked one by one, which is
	// the cheaper way from there on: a page of nothing but forgeries costs about twice what it would without batches.
	forgedMax = 3
)

// claim is one signature as an equation, s·G = R + e·P, in which R and P are known to be points.
type claim struct {
	event  *Event
	good   *bool
	r      secp256k1.G1Affine
	author int // index of P
	s, e   fr.Element
}

// batch holds the claims of one call and their authors, each once: the points of a prolific author are added up before
// they are multiplied.
type batch struct {
	claims  []claim
	authors []secp256k1.G1Affine
	forged  int // found so far
	sums    int // added up so far
}

// verifyAll sets good for every event whose signature holds. Malformed signatures and keys never enter a batch.
func verifyAll(events []*Event, good []bool) {
	for len(events) >= batchMin {
		n := min(len(events), batchMax)
		b := newBatch(events[:n], good[:n])
		b.settle(b.claims, false)
		events, good = events[n:], good[n:]
	}
	for i, e := range events {
		good[i] = e.CheckSignature()
	}
}

func newBatch(events []*Event, good []bool) *batch {
	b := &batch{claims: make([]claim, 0, len(events))}
	index := make(map[PubKey]int, len(events))
	for i, e := range events {
		author, seen := index[e.PubKey]
		if !seen {
			author = b.addAuthor(&e.PubKey)
			index[e.PubKey] = author
		}
		c := claim{event: e, good: &good[i], author: author}
		if author >= 0 && c.read() {
			b.claims = append(b.claims, c)
		}
	}
	return b
}

// addAuthor returns the index of the author's point, and -1 if the key is the x of no point.
func (b *batch) addAuthor(pubkey *PubKey) int {
	point, ok := lift(pubkey[:])
	if !ok {
		return -1
	}
	b.authors = append(b.authors, point)
	return len(b.authors) - 1
}

// settle gives every claim its verdict. A batch that fails is halved until few enough are left to check one by one, so
// no verdict of forgery ever rests on the batch equation. Suspect says that a forgery is known to be among them.
func (b *batch) settle(claims []claim, suspect bool) {
	if len(claims) < batchMin || b.forged > forgedMax {
		b.settleEach(claims)
		return
	}
	if !suspect && b.holds(claims, randomCoefficients(len(claims))) {
		for i := range claims {
			*claims[i].good = true
		}
		return
	}
	forged, half := b.forged, len(claims)/2
	b.settle(claims[:half], false)
	b.settle(claims[half:], b.forged == forged) // if the first half holds, it is the second that does not
}

func (b *batch) settleEach(claims []claim) {
	for _, c := range claims {
		*c.good = c.event.CheckSignature()
		if !*c.good {
			b.forged++
		}
	}
}

// holds reports whether the sum of all equations, each multiplied by its coefficient, holds:
//
//	Σ aᵢ·Rᵢ + Σ (aᵢ·eᵢ)·Pᵢ − (Σ aᵢ·sᵢ)·G = 0
//
// If one of the equations is wrong, that is true for one in 2¹²⁸ of the coefficients at most: whoever made the
// signatures must not be able to foresee them (BIP-340, batch verification).
func (b *batch) holds(claims []claim, coefficients []fr.Element) bool {
	b.sums++
	points := make([]secp256k1.G1Affine, 0, len(claims)+len(b.authors)+1)
	scalars := slices.Grow(slices.Clone(coefficients), len(b.authors)+1)
	weights := make([]fr.Element, len(b.authors))
	var base, product fr.Element
	for i := range claims {
		c, a := &claims[i], &coefficients[i]
		points = append(points, c.r)
		weights[c.author].Add(&weights[c.author], product.Mul(a, &c.e))
		base.Add(&base, product.Mul(a, &c.s))
	}
	for i := range weights {
		if !weights[i].IsZero() {
			points, scalars = append(points, b.authors[i]), append(scalars, weights[i])
		}
	}
	_, generator := secp256k1.Generators()
	return isZero(append(points, generator), append(scalars, *base.Neg(&base)))
}
