package simrelay

import (
	"slices"
	"sync"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// store holds the items of one relay: sorted newest first, by id, and in the order of arrival for live subscriptions.
type store struct {
	mu      sync.RWMutex
	ties    Ties
	sorted  []*item
	byID    map[event.ID]*item
	log     []*item
	changed chan struct{}
}

func newStore(ties Ties) *store {
	return &store{ties: ties, byID: map[event.ID]*item{}, changed: make(chan struct{})}
}

func (s *store) compare(a, b *item) int {
	switch {
	case a.ev.CreatedAt > b.ev.CreatedAt:
		return -1
	case a.ev.CreatedAt < b.ev.CreatedAt:
		return 1
	}
	byID := slices.Compare(a.ev.ID[:], b.ev.ID[:])
	switch {
	case s.ties == TiesIDAscending:
		return byID
	case s.ties == TiesIDDescending:
		return -byID
	case a.tie < b.tie:
		return -1
	case a.tie > b.tie:
		return 1
	}
	return byID
}

// add stores the items whose ids are new, wakes the live subscriptions and says how many were new.
func (s *store) add(items []*item) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := make([]*item, 0, len(items))
	for _, it := range items {
		if _, known := s.byID[it.ev.ID]; known && !it.raw {
			continue
		}
		s.byID[it.ev.ID] = it
		fresh = append(fresh, it)
	}
	s.index(fresh)
	s.announce(fresh)
	return len(fresh)
}

func (s *store) index(fresh []*item) {
	if len(fresh) == 1 {
		at, _ := slices.BinarySearchFunc(s.sorted, fresh[0], s.compare)
		s.sorted = slices.Insert(s.sorted, at, fresh[0])
		return
	}
	s.sorted = append(s.sorted, fresh...)
	slices.SortFunc(s.sorted, s.compare)
}

// announce needs s.mu held.
func (s *store) announce(fresh []*item) {
	s.log = append(s.log, fresh...)
	close(s.changed)
	s.changed = make(chan struct{})
}

// broadcast shows an ephemeral item to the live subscriptions and stores nothing.
func (s *store) broadcast(it *item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.announce([]*item{it})
}

func (s *store) remove(ids []event.ID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, id := range ids {
		if it, ok := s.byID[id]; ok {
			it.removed.Store(true)
			delete(s.byID, id)
			n++
		}
	}
	s.sorted = slices.DeleteFunc(s.sorted, func(it *item) bool { return it.removed.Load() })
	return n
}

func (s *store) len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.sorted)
}

// since returns the items that arrived after position at, and a channel that closes when more arrive.
func (s *store) since(at int) ([]*item, <-chan struct{}) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.log[at:len(s.log):len(s.log)], s.changed
}

// all returns the stored items, newest first, as a copy.
func (s *store) all() []*item {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.sorted)
}
