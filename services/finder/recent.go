package finder

import (
	"sync"
	"time"
)

// recentAge is how long a generation of recent may grow at most.
const recentAge = time.Hour

// recent remembers keys that were dealt with lately, bounded in number and in time: two generations, of which the older
// is forgotten whole when the younger is full or an hour old. Forgetting costs a repeated look-up and nothing else.
type recent struct {
	mu    sync.Mutex
	limit int // keys of one generation
	born  time.Time
	young map[string]struct{}
	old   map[string]struct{}
}

func newRecent(limit int) *recent {
	return &recent{limit: limit, young: make(map[string]struct{})}
}

func (r *recent) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(time.Now())
	if _, ok := r.young[key]; ok {
		return true
	}
	_, ok := r.old[key]
	return ok
}

func (r *recent) add(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(time.Now())
	r.young[key] = struct{}{}
}

// turn begins a new generation where one is due. After two idle hours nothing is left.
func (r *recent) turn(now time.Time) {
	switch age := now.Sub(r.born); {
	case age >= 2*recentAge:
		r.old, r.young, r.born = nil, make(map[string]struct{}), now
	case age >= recentAge || len(r.young) >= r.limit:
		r.old, r.young, r.born = r.young, make(map[string]struct{}), now
	}
}
