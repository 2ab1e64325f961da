package store

import "sync"

// maxNumbers bounds a cache of numbers; the whole network has fewer relays.
const maxNumbers = 20_000

// numbers remembers committed numbers of rows that never change, by key. It is filled only after a commit: a number
// that a rolled-back transaction saw belongs to nobody.
type numbers struct {
	mu sync.RWMutex
	m  map[string]int32
}

func newNumbers() *numbers { return &numbers{m: map[string]int32{}} }

// find returns the numbers that are remembered and the keys that are not.
func (n *numbers) find(keys []string) (found map[string]int32, missing []string) {
	found = make(map[string]int32, len(keys))
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, key := range keys {
		if no, ok := n.m[key]; ok {
			found[key] = no
		} else {
			missing = append(missing, key)
		}
	}
	return found, missing
}

// remember adds committed numbers, and forgets all others when there are too many.
func (n *numbers) remember(committed map[string]int32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.m)+len(committed) > maxNumbers {
		clear(n.m)
	}
	for key, no := range committed {
		n.m[key] = no
	}
}
