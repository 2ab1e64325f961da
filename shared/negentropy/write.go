package negentropy

import "math/bits"

const (
	maxVarint = 10
	// maxBound is a bound with a whole id.
	maxBound = maxVarint + 1 + 32
	// tail is kept free in every message, for a skip and the fingerprint of the rest.
	tail = maxBound + 1 + 2 + 1 + 16
)

// writer builds a message: the bytes, and what they depend on.
type writer struct {
	out   []byte
	upper bound // the last one
	to    int   // the first item after it
}

func newWriter() writer { return writer{out: []byte{version1}} }

// bound begins a range that ends before item to.
func (w *writer) bound(b bound, to int, m mode) {
	if b.time == endless {
		w.out = append(w.out, 0, 0)
	} else {
		w.out = appendVarint(w.out, b.time-w.upper.time+1)
		w.out = append(w.out, byte(b.length))
		w.out = append(w.out, b.prefix[:b.length]...)
	}
	w.upper, w.to = b, to
	w.out = append(w.out, byte(m))
}

func (w *writer) fingerprint(s *Set, b bound, to int) {
	print := s.fingerprint(w.to, to)
	w.bound(b, to, modeFingerprint)
	w.out = append(w.out, print[:]...)
}

func (w *writer) ids(s *Set, b bound, to int) {
	from := w.to
	w.bound(b, to, modeIDs)
	w.out = appendVarint(w.out, uint64(to-from))
	for i := from; i < to; i++ {
		w.out = append(w.out, s.items[i].ID[:]...)
	}
}

// Parts of a range: one that is too large to list is cut into so many.
const (
	parts  = 16
	listed = 2*parts - 1 // the most items that are listed at once
)

// split says what we have from the last bound to b: the ids if they are few, else a fingerprint of each part.
func (w *writer) split(s *Set, b bound, to int) {
	from, n := w.to, to-w.to
	if n <= listed {
		w.ids(s, b, to)
		return
	}
	for i := 1; i < parts; i++ {
		at := from + n*i/parts
		w.fingerprint(s, s.boundAt(at), at)
	}
	w.fingerprint(s, b, to)
}

func appendVarint(out []byte, n uint64) []byte {
	for shift := 7 * ((bits.Len64(n|1) - 1) / 7); shift > 0; shift -= 7 {
		out = append(out, byte(n>>shift)|0x80)
	}
	return append(out, byte(n)&0x7f)
}
