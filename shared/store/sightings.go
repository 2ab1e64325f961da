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
type span struct {
	first, last int32
	fresh       bool // the event is new
	told        bool // by an import, which knows both times
	missing     int32
}

// writeSightings adds the pairs that are not there, moves those that are stale and marks those that are missing. Pairs of events that this
// transaction added cannot be there; the others are probed, so that a known fresh pair costs one look-up, no lock and
// no write.
func (a *apply) writeSightings(ctx context.Context) error {
	spans := a.spans()
	added, old := a.sightings(spans)
	absent, stale, err := a.probeSightings(ctx, old)
	if err != nil {
		return err
	}
	missing, err := a.probeMissing(ctx, spans)
	if err != nil {
		return err
	}
	added.addAll(absent)
	told, known := a.toldSpans(spans)
	if a.written.Sightings, err = a.insertSightings(ctx, added, told); err != nil {
		return err
	}
	if err := a.lockSightings(ctx, stale, known.sightings, missing); err != nil {
		return err
	}
	if a.written.Refreshed, err = a.countSightings(ctx, "refresh_sightings", stale, a.refreshSeconds()); err != nil {
		return err
	}
	if err := a.stretchSightings(ctx, known); err != nil {
		return err
	}
	a.written.Missing, err = a.countSightings(ctx, "mark_missing", missing.sightings, missing.since)
	return err
}

// lockSightings locks what two statements will change, so that both together keep the order of keys; one keeps it alone.
func (a *apply) lockSightings(ctx context.Context, stale, told sightings, missing marks) error {
	if len(missing.events)+len(told.events) == 0 {
		return nil
	}
	var all sightings
	all.addAll(stale)
	all.addAll(told)
	all.addAll(missing.sightings)
	return a.exec(ctx, "lock_sightings", all.events, all.relays)
}

// spans returns every pair of the pages once.
func (a *apply) spans() map[pair]span {
	spans := map[pair]span{}
	for _, pg := range a.plan.pages {
		for _, id := range pg.ids {
			no, stored := a.events[id]
			if !stored || pg.relay == "" {
				continue
			}
			key := pair{no, a.relays[pg.relay]}
			s, again := spans[key]
			if !again {
				s = span{first: pg.seen, last: pg.seen}
				_, s.fresh = a.written.New[id]
			}
			s.first, s.last = min(s.first, pg.seen), max(s.last, pg.seen)
			spans[key] = s
		}
	}
	a.tell(spans)
	return spans
}

// sightings divides the pairs: those of new events cannot be there yet.
func (a *apply) sightings(spans map[pair]span) (added, old sightings) {
	for key, s := range spans {
		switch {
		case s.told: // see toldSpans
		case s.fresh:
			added.add(key, s.first)
		default:
			old.add(key, s.last)
		}
	}
	return added, old
}

func (a *apply) refreshSeconds() int32 { return int32(a.plan.opts.SightingRefresh / time.Second) }

func (a *apply) probeSightings(ctx context.Context, old sightings) (absent, stale sightings, err error) {
	if len(old.events) == 0 {
		return absent, stale, nil
	}
	var key pair
	var seen int32
	var isAbsent bool
	err = a.query(ctx, "stale_sightings", []any{&key.event, &key.relay, &seen, &isAbsent}, func() {
		if isAbsent {
			absent.add(key, seen)
		} else {
			stale.add(key, seen)
		}
	}, old.events, old.relays, old.seen, a.refreshSeconds())
	return absent, stale, err
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
