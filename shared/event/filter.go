package event

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Filter selects events (NIP-01; search is NIP-50's). Everything that is set must hold; of a list, one value. A list that
// is empty is not set: relays differ on what an empty one means, so none is ever sent.
type Filter struct {
	IDs     []ID
	Authors []PubKey
	Kinds   []uint16
	Tags    map[byte][]string // by the single letter that follows # in JSON
	Since   *int64            // unix seconds, inclusive
	Until   *int64            // unix seconds, inclusive
	Limit   *int              // events, newest first; says nothing about one event
	Search  string
}

// Matches reports whether the filter selects the event. Limit and Search have no say: one counts events, the other means
// what each relay makes of it.
func (f *Filter) Matches(e *Event) bool {
	if f.Since != nil && e.CreatedAt < *f.Since || f.Until != nil && e.CreatedAt > *f.Until {
		return false
	}
	if !holds(f.Kinds, e.Kind) || !holds(f.IDs, e.ID) || !holds(f.Authors, e.PubKey) {
		return false
	}
	for letter, values := range f.Tags {
		if len(values) > 0 && !e.hasTag(letter, values) {
			return false
		}
	}
	return true
}

func holds[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// Canonical returns the filter's identity, under which coverage is recorded: compact JSON, members and values sorted,
// each value once, without since, until and limit, which only say where a walk stands. "{}" selects everything.
func (f *Filter) Canonical() string {
	w := jsonWriter{buf: []byte{'{'}}
	for _, letter := range slices.Sorted(maps.Keys(f.Tags)) {
		w.strings("#"+string(rune(letter)), sortedUnique(f.Tags[letter], strings.Compare))
	}
	w.authors(sortedUnique(f.Authors, func(a, b PubKey) int { return bytes.Compare(a[:], b[:]) }))
	w.ids(sortedUnique(f.IDs, func(a, b ID) int { return bytes.Compare(a[:], b[:]) }))
	w.kinds(sortedUnique(f.Kinds, cmp.Compare[uint16]))
	w.search(f.Search)
	return string(append(w.buf, '}'))
}

// sortedUnique returns a sorted copy without repetitions.
func sortedUnique[T comparable](list []T, compare func(a, b T) int) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}
