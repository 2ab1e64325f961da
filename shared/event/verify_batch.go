package event

import (
	"slices"

	"github.com/consensys/gnark-crypto/ecc/secp256k1"
	"github.com/consensys/gnark-crypto/ecc/secp256k1/fr"
)

// batchMax bounds the memory of one batch; larger ones gain little more.
const batchMax = 512

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
	for len(events) > 0 {
		n := min(len(events), batchMax)
		verifySome(events[:n], good[:n])
		events, good = events[n:], good[n:]
	}
}

// verifySome checks together or one by one, whichever is cheaper. Each author costs a sum about as much as a signature.
func verifySome(events []*Event, good []bool) {
	if len(events) >= batchMin && countAuthors(events) <= authorsMax*len(events)/100 {
		b := newBatch(events, good)
		b.settle(b.claims, false)
		return
	}
	for i, e := range events {
		good[i] = e.CheckSignature()
	}
}

func countAuthors(events []*Event) int {
	authors := make(map[PubKey]struct{}, len(events))
	for _, e := range events {
		authors[e.PubKey] = struct{}{}
	}
	return len(authors)
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
