package negentropy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Item is an event as the protocol sees it.
type Item struct {
	CreatedAt int64
	ID        event.ID
}

// Set is a sealed set of items, safe for concurrent use. It takes 72 bytes an item.
type Set struct {
	items []Item
	sums  []sum // sums[i] is that of the ids before item i
}

// sum is a number modulo 2²⁵⁶, lowest word first.
type sum [4]uint64

// fingerprint says what a range holds, in 16 bytes.
type fingerprint [16]byte

// NewSet takes over the slice and sorts it; an item that comes twice counts once. A time below 0 has no form on the
// wire, so such items are left out.
func NewSet(items []Item) *Set {
	items = slices.DeleteFunc(items, func(it Item) bool { return it.CreatedAt < 0 })
	slices.SortFunc(items, compare)
	s := &Set{items: slices.Compact(items)}
	s.sums = make([]sum, len(s.items)+1)
	for i := range s.items {
		s.sums[i+1] = s.sums[i].plus(&s.items[i].ID)
	}
	return s
}

// Len is the number of items.
func (s *Set) Len() int { return len(s.items) }

func compare(a, b Item) int {
	if c := cmp.Compare(a.CreatedAt, b.CreatedAt); c != 0 {
		return c
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}

func (a sum) plus(id *event.ID) sum {
	var carry uint64
	for i := range a {
		a[i], carry = bits.Add64(a[i], binary.LittleEndian.Uint64(id[8*i:]), carry)
	}
	return a
}

func (a sum) minus(b *sum) sum {
	var borrow uint64
	for i := range a {
		a[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return a
}

// fingerprint covers the items lower..upper-1, in constant time.
func (s *Set) fingerprint(lower, upper int) fingerprint {
	difference := s.sums[upper].minus(&s.sums[lower])
	text := make([]byte, 0, 32+maxVarint)
	for _, word := range difference {
		text = binary.LittleEndian.AppendUint64(text, word)
	}
	hash := sha256.Sum256(appendVarint(text, uint64(upper-lower)))
	return fingerprint(hash[:16])
}

// find returns the first item at or after from that is not below the bound.
func (s *Set) find(from int, b bound) int {
	rest := s.items[from:]
	return from + sort.Search(len(rest), func(i int) bool { return !b.above(&rest[i]) })
}

// bound is a place between items: before every item of its time whose id is not below the prefix.
type bound struct {
	time   uint64
	prefix event.ID // zero after length bytes
	length int
}

// endless is the time that is later than every item.
const endless = ^uint64(0)

func (b *bound) above(it *Item) bool {
	if at := uint64(it.CreatedAt); at != b.time {
		return at < b.time
	}
	return bytes.Compare(it.ID[:], b.prefix[:]) < 0
}

// below says whether b comes before other.
func (b *bound) below(other *bound) bool {
	if b.time != other.time {
		return b.time < other.time
	}
	return bytes.Compare(b.prefix[:], other.prefix[:]) < 0
}

// boundAt is the shortest bound between item i and the one before it.
func (s *Set) boundAt(i int) bound {
	if i == len(s.items) {
		return bound{time: endless}
	}
	it := &s.items[i]
	b := bound{time: uint64(it.CreatedAt)}
	if i == 0 || s.items[i-1].CreatedAt != it.CreatedAt {
		return b
	}
	for b.length < len(it.ID) {
		b.prefix[b.length] = it.ID[b.length]
		b.length++
		if s.items[i-1].ID[b.length-1] != it.ID[b.length-1] {
			break
		}
	}
	return b
}
