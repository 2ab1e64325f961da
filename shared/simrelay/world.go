package simrelay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// WorldConfig says how much of a network to make up. The same config gives the same ids; signatures carry
// fresh randomness.
type WorldConfig struct {
	Seed    uint64
	Authors int       // default: one per 20 events, at least 3
	Events  int       // default 2,000
	Since   time.Time // default: two years before Until
	Until   time.Time // default: 2026-01-01, so that a world does not change by the day
	// DenseSeconds is how many seconds hold DenseSize events each instead of the usual few (0: none).
	DenseSeconds int
	DenseSize    int
	// RelayURLs are named by relay lists, hints and follow lists, so that a finder has something to find.
	RelayURLs []string
	// Unsigned events have true ids and made-up signatures: measurements of storage need many, and signing takes longer
	// than storing.
	Unsigned bool
}

// World is a made-up network of really signed events, oldest first.
type World struct {
	Events  []event.Event
	cfg     WorldConfig
	keys    []event.Key
	pubkeys []event.PubKey
	weights []float64 // cumulative popularity of the authors
}

// growth shapes the time axis: the number of events up to a time grows with this power of the time.
const growth = 2.5

func (c WorldConfig) withDefaults() WorldConfig {
	if c.Events <= 0 {
		c.Events = 2000
	}
	if c.Authors <= 0 {
		c.Authors = max(3, c.Events/20)
	}
	if c.Until.IsZero() {
		c.Until = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if c.Since.IsZero() {
		c.Since = c.Until.AddDate(-2, 0, 0)
	}
	return c
}

// GenerateWorld makes a world up. Signing takes about 0.1 ms of a core per event; all cores help.
func GenerateWorld(cfg WorldConfig) *World {
	w := &World{cfg: cfg.withDefaults()}
	w.makeAuthors()
	times := w.times()
	w.Events = make([]event.Event, len(times))
	// An event may refer to those of earlier rounds only, so a round can be signed in parallel.
	for from := 0; from < len(times); {
		to := min(len(times), max(from+16, from*5/4))
		w.round(times, from, to)
		from = to
	}
	return w
}

// String names the world by what makes it: print it, and the run can be repeated.
func (w *World) String() string {
	return fmt.Sprintf("world seed=%d authors=%d events=%d", w.cfg.Seed, w.cfg.Authors, w.cfg.Events)
}

// Keys are the secret keys of the authors, the most active first.
func (w *World) Keys() []event.Key { return w.keys }

func (w *World) makeAuthors() {
	sum := 0.0
	for i := range w.cfg.Authors {
		secret := sha256.Sum256(fmt.Appendf(nil, "simrelay author %d %d", w.cfg.Seed, i))
		key, err := event.ParseKey(hex.EncodeToString(secret[:]))
		if err != nil { // one hash in 2¹²⁸ is no key
			panic(fmt.Sprintf("derive author %d: %v", i, err))
		}
		w.keys = append(w.keys, key)
		w.pubkeys = append(w.pubkeys, key.PubKey())
		sum += 1 / float64(i+1)
		w.weights = append(w.weights, sum)
	}
}

// zipf draws an author: the n-th is n times rarer than the first.
func (w *World) zipf(rng *rand.Rand) int {
	x := rng.Float64() * w.weights[len(w.weights)-1]
	lo, hi := 0, len(w.weights)-1
	for lo < hi {
		if mid := (lo + hi) / 2; w.weights[mid] <= x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// times returns created_at of every event in ascending order, more and more of them per day, with the dense seconds.
func (w *World) times() []int64 {
	n, first := w.cfg.Events, w.cfg.Since.Unix()
	span := float64(w.cfg.Until.Unix() - first)
	times := make([]int64, n)
	for i := range times {
		times[i] = first + int64(span*math.Pow(float64(i)/float64(n), 1/growth))
	}
	for k := range w.cfg.DenseSeconds {
		from := n * (k + 1) / (w.cfg.DenseSeconds + 1)
		for i := from; i < min(n, from+w.cfg.DenseSize); i++ {
			times[i] = times[from]
		}
	}
	return monotone(times)
}

func monotone(times []int64) []int64 {
	for i := 1; i < len(times); i++ {
		times[i] = max(times[i], times[i-1])
	}
	return times
}

// round signs the events from..to.
func (w *World) round(times []int64, from, to int) {
	parallel(from, to, func(i int) { w.Events[i] = w.write(uint64(i), times[i], w.Events[:from]) })
}

// parallel calls do for every number from..to, spread over all cores.
func parallel(from, to int, do func(i int)) {
	workers := runtime.GOMAXPROCS(0)
	var done sync.WaitGroup
	for k := range workers {
		done.Go(func() {
			for i := from + k; i < to; i += workers {
				do(i)
			}
		})
	}
	done.Wait()
}

// write makes event number n; its random source depends on the seed and n alone.
func (w *World) write(n uint64, at int64, past []event.Event) event.Event {
	rng := rand.New(rand.NewPCG(w.cfg.Seed, n))
	d := &draft{rng: rng, world: w, author: w.zipf(rng), past: past}
	r := recipes[pick(rng, recipeWeights)]
	tags, content := r.write(d)
	if tags == nil {
		tags = [][]string{}
	}
	if !w.cfg.Unsigned {
		return w.keys[d.author].Sign(at, r.kind, tags, content)
	}
	e := event.Compose(w.pubkeys[d.author], at, r.kind, tags, content)
	d.fill(e.Sig[:])
	return e
}

// More makes n further events with the given time, continuing the world: what a live network says now.
func (w *World) More(n int, at time.Time) []event.Event {
	fresh := make([]event.Event, n)
	for i := range fresh {
		fresh[i] = w.write(uint64(len(w.Events)+i), at.Unix(), w.Events)
	}
	w.Events = append(w.Events, fresh...)
	return fresh
}
