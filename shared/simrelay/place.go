package simrelay

import (
	"math"
	"math/rand/v2"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Distribute hands the events out to n relays so that an event is on about replication of them (the real network has
// about 4.7) and at least on one; relays differ in size as real ones do. The order is that of the world.
func (w *World) Distribute(n int, replication float64) [][]event.Event {
	parts := make([][]event.Event, n)
	for _, ev := range w.Events {
		for _, k := range w.placement(ev.ID, n, replication) {
			parts[k] = append(parts[k], ev)
		}
	}
	return parts
}

// placement draws the relays of one event, without repetition, low numbers more often.
func (w *World) placement(id event.ID, n int, replication float64) []int {
	if n == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(w.cfg.Seed, mix(id, w.cfg.Seed)))
	copies := int(replication)
	if rng.Float64() < replication-float64(copies) {
		copies++
	}
	copies = max(1, min(copies, n))
	taken := make(map[int]bool, copies)
	list := make([]int, 0, copies)
	for len(list) < copies {
		k := int(math.Pow(rng.Float64(), 1.5) * float64(n))
		if !taken[k] {
			taken[k] = true
			list = append(list, k)
		}
	}
	return list
}
