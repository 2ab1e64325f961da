package store

import (
	"context"
	"time"
)

// pair is an event and a relay that served it.
type pair struct {
	event int64
	relay int32
}

// span is when a transaction's pages saw a pair, earliest and latest.
type span struct{ first, last int32 }

// writeSightings adds the pairs that are missing and moves those that are stale. Pairs of events that this
// transaction added cannot be there; the others are probed, so that a known fresh pair costs one look-up, no lock and
// no write.
func (a *apply) writeSightings(ctx context.Context) error {
	added, old := a.sightings()
	missing, stale, err := a.probeSightings(ctx, old)
	if err != nil {
		return err
	}
	added.addAll(missing)
	if a.written.Sightings, err = a.countSightings(ctx, "insert_sightings", added); err != nil {
		return err
	}
	a.written.Refreshed, err = a.countSightings(ctx, "refresh_sightings", stale, a.refreshSeconds())
	return err
}

// sightings returns every pair of the pages once, those of new events apart.
func (a *apply) sightings() (added, old sightings) {
	spans := map[pair]span{}
	fresh := map[pair]bool{}
	for _, pg := range a.plan.pages {
		for _, id := range pg.ids {
			no, stored := a.events[id]
			if !stored {
				continue
			}
			key := pair{no, a.relays[pg.relay]}
			s, again := spans[key]
			if !again {
				s = span{pg.seen, pg.seen}
				_, fresh[key] = a.written.New[id]
			}
			spans[key] = span{min(s.first, pg.seen), max(s.last, pg.seen)}
		}
	}
	for key, s := range spans {
		if fresh[key] {
			added.add(key, s.first)
		} else {
			old.add(key, s.last)
		}
	}
	return added, old
}

func (a *apply) refreshSeconds() int32 { return int32(a.plan.opts.SightingRefresh / time.Second) }

func (a *apply) probeSightings(ctx context.Context, old sightings) (missing, stale sightings, err error) {
	if len(old.events) == 0 {
		return missing, stale, nil
	}
	var key pair
	var seen int32
	var absent bool
	err = a.query(ctx, "stale_sightings", []any{&key.event, &key.relay, &seen, &absent}, func() {
		if absent {
			missing.add(key, seen)
		} else {
			stale.add(key, seen)
		}
	}, old.events, old.relays, old.seen, a.refreshSeconds())
	return missing, stale, err
}

func (a *apply) countSightings(ctx context.Context, statement string, s sightings, args ...any) (int, error) {
	if len(s.events) == 0 {
		return 0, nil
	}
	return a.count(ctx, statement, append([]any{s.events, s.relays, s.seen}, args...)...)
}

// sightings are the columns of the statements.
type sightings struct {
	events []int64
	relays []int32
	seen   []int32
}

func (s *sightings) add(key pair, seen int32) {
	s.events, s.relays, s.seen = append(s.events, key.event), append(s.relays, key.relay), append(s.seen, seen)
}

func (s *sightings) addAll(o sightings) {
	s.events, s.relays, s.seen = append(s.events, o.events...), append(s.relays, o.relays...), append(s.seen, o.seen...)
}
