package store

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/axiomhq/hyperloglog"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// tally adds changes up before they go into the counters: each counter is touched once a fold.
type tally struct {
	kinds    map[kindDay]int64
	relays   map[relayKind]*served
	authors  map[event.PubKey]int64
	writers  map[int64]event.PubKey // event_no → author, of the events of this tally
	pairs    map[pair]int64         // sightings that were added (> 0) or removed (< 0)
	sketches map[sketchKey]*hyperloglog.Sketch
}

type kindDay struct{ kind, day int32 }

type relayKind struct{ relay, kind int32 }

// served is what a relay serves of a kind.
type served struct{ events, first, last int64 }

// sketchKey names a row of author_sketch.
type sketchKey struct{ dimension, key string }

func newTally() *tally {
	return &tally{kinds: map[kindDay]int64{}, relays: map[relayKind]*served{}, authors: map[event.PubKey]int64{},
		writers: map[int64]event.PubKey{}, pairs: map[pair]int64{}, sketches: map[sketchKey]*hyperloglog.Sketch{}}
}

func (t *tally) event(sign, no int64, kind, day int32, author event.PubKey) {
	t.kinds[kindDay{kind, day}] += sign
	t.authors[author] += sign
	if sign < 0 {
		return // a sketch cannot forget
	}
	t.writers[no] = author
	t.sketch("all", "", author)
	t.sketch("kind", strconv.Itoa(int(kind)), author)
	t.sketch("day", strconv.Itoa(int(day)), author)
}

func (t *tally) sighting(sign, no int64, relay, kind int32, seen int64) {
	key := relayKind{relay, kind}
	s := t.relays[key]
	if s == nil {
		s = &served{first: math.MaxInt32}
		t.relays[key] = s
	}
	s.events += sign
	t.pairs[pair{no, relay}] += sign
	if sign > 0 {
		s.first, s.last = min(s.first, seen), max(s.last, seen)
	}
}

func (t *tally) sketch(dimension, key string, author event.PubKey) {
	name := sketchKey{dimension, key}
	s := t.sketches[name]
	if s == nil {
		s = hyperloglog.New14()
		t.sketches[name] = s
	}
	s.Insert(author[:])
}

// store adds the tally to the counters.
func (t *tally) store(ctx context.Context, a *apply) error {
	for _, step := range []func(context.Context, *apply) error{
		t.storeKinds, t.storeRelays, t.storeAuthors, t.storeNetworks, t.sketchRelays, t.storeSketches, t.noteReplication, t.dropEmpty,
	} {
		if err := step(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) storeKinds(ctx context.Context, a *apply) error {
	var kinds, days []int32
	var events []int64
	for key, n := range t.kinds {
		kinds, days, events = append(kinds, key.kind), append(days, key.day), append(events, n)
	}
	return a.exec(ctx, "add_kind_counts", kinds, days, events)
}

func (t *tally) storeRelays(ctx context.Context, a *apply) error {
	var relays, kinds []int32
	var events, first, last []int64
	for key, s := range t.relays {
		relays, kinds, events = append(relays, key.relay), append(kinds, key.kind), append(events, s.events)
		first, last = append(first, s.first), append(last, s.last)
	}
	return a.exec(ctx, "add_relay_counts", relays, kinds, events, first, last)
}

func (t *tally) storeAuthors(ctx context.Context, a *apply) error {
	var events []int64
	authors := t.changed()
	for _, author := range authors {
		events = append(events, t.authors[event.PubKey(author)])
	}
	return a.exec(ctx, "add_author_counts", authors, events)
}

// changed returns the authors in key order: their rows lie together.
func (t *tally) changed() (authors [][]byte) {
	for author := range t.authors {
		authors = append(authors, slices.Clone(author[:]))
	}
	slices.SortFunc(authors, slices.Compare)
	return authors
}

func (t *tally) dropEmpty(ctx context.Context, a *apply) error {
	return a.exec(ctx, "drop_empty_counts", t.changed())
}
