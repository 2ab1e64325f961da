package store

import (
	"context"
	"math"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// told is a sighting as another archive tells it.
type told struct {
	id                   event.ID
	relay                string
	first, last, missing int32 // missing: 0 = it is not
}

// addImport takes an import for a page that no relay served and that proves nothing, and notes what it tells of relays.
func (p *plan) addImport(m *ingest.Import, from int) {
	pg := &page{from: from, seen: p.seconds(m.ReadAt), parts: 1}
	for _, e := range m.Events {
		p.addEvent(pg, e)
	}
	own := make(map[event.ID]struct{}, len(pg.ids))
	for _, id := range pg.ids {
		own[id] = struct{}{}
	}
	for _, s := range m.Sightings {
		for _, id := range p.addTold(s) {
			if _, brought := own[id]; !brought {
				own[id] = struct{}{}
				pg.known = append(pg.known, id)
			}
		}
	}
	for _, r := range m.Relays {
		if p.accept(r.Url, &ingest.Batch{Imports: []*ingest.Import{{Relays: []*ingest.Relay{r}}}}) {
			p.addRelay(r.Url, r.AcceptedAt)
		}
	}
	for _, c := range m.Checks {
		if p.accept(c.Relay, &ingest.Batch{Imports: []*ingest.Import{{Checks: []*ingest.Check{c}}}}) {
			p.past = append(p.past, c)
		}
	}
	for _, t := range m.Transitions {
		if p.accept(t.Relay, &ingest.Batch{Imports: []*ingest.Import{{Transitions: []*ingest.Transition{t}}}}) {
			p.transitions = append(p.transitions, t)
		}
	}
	for _, r := range m.Refused {
		p.quarantine = append(p.quarantine, quarantined{raw: r.Raw, reason: r.Reason})
	}
	pg.ids = append(pg.ids, pg.known...)
	p.pages = append(p.pages, pg)
}

// addTold notes the sightings of one relay and returns their events.
func (p *plan) addTold(m *ingest.Sightings) []event.ID {
	part := &ingest.Batch{Imports: []*ingest.Import{{Sightings: []*ingest.Sightings{m}}}}
	if !p.accept(m.Relay, part) {
		return nil
	}
	ids, whole := splitIDs(m.Ids)
	n := len(ids)
	if !whole || len(m.FirstSeen) != n || len(m.LastSeen) != n || len(m.MissingSince) != 0 && len(m.MissingSince) != n {
		p.refuse(part, "sightings without their times", m.Relay)
		return nil
	}
	for i, id := range ids {
		t := told{id: id, relay: m.Relay, first: p.seconds(m.FirstSeen[i]), last: p.seconds(m.LastSeen[i])}
		if len(m.MissingSince) > 0 {
			t.missing = int32(min(max(m.MissingSince[i], 0), math.MaxInt32))
		}
		t.first, t.last = min(t.first, t.last), max(t.first, t.last)
		p.told = append(p.told, t)
	}
	return ids
}

// meetTold asks for the rows of relays that only imports name: whoever tells of one has met it.
func (p *plan) meetTold() {
	met := map[string]int64{}
	meet := func(url string, seen int64) {
		if at, again := met[url]; !again || seen < at {
			met[url] = seen
		}
	}
	for _, t := range p.told {
		meet(t.relay, int64(t.first))
	}
	for _, c := range p.past {
		meet(c.Relay, c.CheckedAt)
	}
	for _, t := range p.transitions {
		meet(t.Relay, t.At)
	}
	for url, at := range met {
		if _, reported := p.relays[url]; !reported {
			p.addRelay(url, at)
		}
	}
}

// tell adds what imports say to the spans of this transaction's pages. One that holds imports writes all of its sightings
// as they are written, because two statements that insert would not keep the order of keys.
func (a *apply) tell(spans map[pair]span) {
	if len(a.plan.told) == 0 {
		return
	}
	for key, s := range spans {
		s.told = true
		spans[key] = s
	}
	for _, t := range a.plan.told {
		no, stored := a.events[t.id]
		if !stored {
			continue
		}
		key := pair{no, a.relays[t.relay]}
		s, again := spans[key]
		if !again {
			s = span{first: t.first, last: t.last, told: true}
			_, s.fresh = a.written.New[t.id]
		}
		if s.last <= t.last {
			s.missing = t.missing
		}
		s.first, s.last = min(s.first, t.first), max(s.last, t.last)
		spans[key] = s
	}
}

// stretches are told sightings: both their times, and since when they are missing.
type stretches struct {
	sightings         // seen is when it was seen first
	last      []int32 // seen last
	missing   []int32 // 0 = not missing
}

func (s *stretches) add(key pair, t span) {
	s.sightings.add(key, t.first)
	s.last, s.missing = append(s.last, t.last), append(s.missing, t.missing)
}

// toldSpans returns the told sightings, and those of them that may be there already.
func (a *apply) toldSpans(spans map[pair]span) (all, known stretches) {
	for key, s := range spans {
		if !s.told {
			continue
		}
		all.add(key, s)
		if !s.fresh {
			known.add(key, s)
		}
	}
	return all, known
}

// insertSightings adds sightings that are not there; at most one of the two is not empty.
func (a *apply) insertSightings(ctx context.Context, added sightings, told stretches) (int, error) {
	if len(told.events) > 0 {
		return a.countSightings(ctx, "insert_told_sightings", told.sightings, told.last, told.missing)
	}
	return a.countSightings(ctx, "insert_sightings", added)
}

// stretchSightings makes sightings longer where an import knows more; only it moves first_seen, and only back.
func (a *apply) stretchSightings(ctx context.Context, known stretches) error {
	n, err := a.countSightings(ctx, "stretch_sightings", known.sightings, known.last, known.missing)
	a.written.Refreshed += n
	return err
}
