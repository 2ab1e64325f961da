package simrelay

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// matcher is a filter prepared for one relay: bounds moved by its manners, sets instead of lists.
type matcher struct {
	ids     map[event.ID]struct{}
	authors map[event.PubKey]struct{}
	kinds   map[uint16]struct{}
	tags    []map[int64]struct{}
	word    string // lower case, in the content; "" = whatever it says
	since   int64
	until   int64
	limit   int
	capped  bool
}

func newMatcher(f *event.Filter, m *Manners) *matcher {
	c := &matcher{ids: set(f.IDs), authors: set(f.Authors), kinds: set(f.Kinds), since: math.MinInt64, until: math.MaxInt64}
	for letter, values := range f.Tags {
		hashes := make(map[int64]struct{}, len(values))
		for _, v := range values {
			hashes[event.TagHash(letter, v)] = struct{}{}
		}
		c.tags = append(c.tags, hashes)
	}
	if m.Search {
		c.word = strings.ToLower(f.Search)
	}
	c.bound(f, m)
	c.limit, c.capped = m.limit(f.Limit)
	return c
}

func (c *matcher) bound(f *event.Filter, m *Manners) {
	if f.Since != nil && !m.IgnoreSince {
		c.since = *f.Since
		if m.SinceExclusive && c.since < math.MaxInt64 {
			c.since++
		}
	}
	if f.Until != nil && !m.IgnoreUntil {
		c.until = *f.Until
		if m.UntilExclusive && c.until > math.MinInt64 {
			c.until--
		}
	}
	if m.Times32 && (f.Until != nil && *f.Until > math.MaxUint32 || f.Since != nil && *f.Since < 0) {
		c.until = math.MinInt64
	}
}

// limit turns the limit that was asked into the one that is served, and says whether the relay's cap decided.
func (m *Manners) limit(asked *int) (n int, capped bool) {
	most := m.Cap
	if most == 0 {
		most = math.MaxInt
	}
	switch {
	case m.IgnoreLimit:
		return math.MaxInt, false
	case asked == nil && m.DefaultLimit > 0:
		return min(m.DefaultLimit, most), true
	case asked == nil:
		return most, m.Cap > 0
	case *asked <= most:
		return max(*asked, 0), false
	case m.AboveCapAnswer > 0:
		return m.AboveCapAnswer, true
	}
	return most, true
}

func set[T comparable](list []T) map[T]struct{} {
	if len(list) == 0 {
		return nil
	}
	s := make(map[T]struct{}, len(list))
	for _, v := range list {
		s[v] = struct{}{}
	}
	return s
}

func (c *matcher) matches(it *item) bool {
	if t := it.ev.CreatedAt; t < c.since || t > c.until {
		return false
	}
	if !within(c.ids, it.ev.ID) {
		return false
	}
	if it.raw {
		return (it.ev.Kind == 0 || within(c.kinds, it.ev.Kind)) && (it.ev.PubKey == event.PubKey{} || within(c.authors, it.ev.PubKey))
	}
	if !within(c.kinds, it.ev.Kind) || !within(c.authors, it.ev.PubKey) {
		return false
	}
	return c.matchesTags(it) && strings.Contains(strings.ToLower(string(it.ev.Content)), c.word)
}

func within[T comparable](s map[T]struct{}, v T) bool {
	if s == nil {
		return true
	}
	_, ok := s[v]
	return ok
}

func (c *matcher) matchesTags(it *item) bool {
	for _, wanted := range c.tags {
		if !slices.ContainsFunc(it.tagHashes(), func(h int64) bool { return within(wanted, h) }) {
			return false
		}
	}
	return true
}

// page is the answer to one request before anything is sent.
type page struct {
	items  []*item
	hidden int
	more   bool // the limit cut something off
	capped bool // the cap of the relay, not the client's limit, cut it off
	at     int  // position in the order of arrival
}

// page answers all filters of a request, each with its own limit, every event once.
func (s *store) page(matchers []*matcher, m *Manners, seed uint64) page {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := page{at: len(s.log)}
	for _, c := range matchers {
		found, more := s.scan(c, m.Order, seed)
		p.more = p.more || more
		p.capped = p.capped || more && c.capped
		p.items = append(p.items, found...)
	}
	if len(matchers) > 1 {
		p.items = unique(p.items)
	}
	before := len(p.items)
	p.items = slices.DeleteFunc(p.items, func(it *item) bool { return it.hidden })
	p.hidden = before - len(p.items)
	return p
}

// scan needs s.mu held for reading.
func (s *store) scan(c *matcher, order Order, seed uint64) (found []*item, more bool) {
	if c.ids != nil {
		found = s.lookup(c)
	} else {
		window := s.window(c.since, c.until)
		found = collect(window, c, order)
	}
	if order == OldestFirst && c.ids != nil {
		slices.Reverse(found)
	}
	if order == RandomOrder {
		rand.New(rand.NewPCG(seed, uint64(len(found)))).Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	}
	more = len(found) > c.limit
	found = found[:min(len(found), c.limit)]
	if order == NewestReversed {
		slices.Reverse(found)
	}
	return found, more
}

func (s *store) lookup(c *matcher) []*item {
	var found []*item
	for id := range c.ids {
		if it, ok := s.byID[id]; ok && c.matches(it) {
			found = append(found, it)
		}
	}
	slices.SortFunc(found, s.compare)
	return found
}

// window is the part of the sorted items with since <= created_at <= until.
func (s *store) window(since, until int64) []*item {
	from := sort.Search(len(s.sorted), func(i int) bool { return s.sorted[i].ev.CreatedAt <= until })
	to := sort.Search(len(s.sorted), func(i int) bool { return s.sorted[i].ev.CreatedAt < since })
	if from >= to {
		return nil
	}
	return s.sorted[from:to]
}

// collect takes the matches of a window in order, one more than the limit, or all of them for a random order.
func collect(window []*item, c *matcher, order Order) []*item {
	most := c.limit
	if most < math.MaxInt {
		most++
	}
	if order == RandomOrder {
		most = math.MaxInt
	}
	found := make([]*item, 0, min(most, len(window)))
	for i := range window {
		if len(found) == most {
			break
		}
		it := window[i]
		if order == OldestFirst {
			it = window[len(window)-1-i]
		}
		if c.matches(it) {
			found = append(found, it)
		}
	}
	return found
}

func unique(items []*item) []*item {
	seen := make(map[*item]struct{}, len(items))
	return slices.DeleteFunc(items, func(it *item) bool {
		_, twice := seen[it]
		seen[it] = struct{}{}
		return twice
	})
}
