package store

import (
	"errors"
	"math"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// page is a page whose events have been checked.
type page struct {
	relay  string
	filter string
	from   int
	seen   int32
	ids    []event.ID // events and known ids
	known  []event.ID // known ids alone

	missing []event.ID // ids that the relay serves no more
	asked   int32

	proof        int16
	since, until int64
	id           []byte
	part, parts  int32
}

func (p *plan) addPage(m *ingest.Page, from int) {
	if !p.accept(m.Relay, &ingest.Batch{Pages: []*ingest.Page{m}}) {
		return
	}
	known, whole := splitIDs(m.KnownIds)
	missing, wholeToo := splitIDs(m.MissingIds)
	if !whole || !wholeToo {
		p.refuse(&ingest.Batch{Pages: []*ingest.Page{m}}, "known or missing ids are cut", m.Relay)
		return
	}
	// What is still to come cannot be covered: a worker whose clock runs ahead would hide it from all others.
	pg := &page{
		relay: m.Relay, filter: plain(m.Filter), from: from, seen: p.seconds(m.SeenAt), known: known,
		missing: missing, asked: askedAt(m.AskedAt),
		proof: int16(m.Proof), since: m.Since, until: min(m.Until, p.opts.Now.Unix()),
		id: m.PageId, part: small(m.Part), parts: max(1, small(m.Parts)),
	}
	p.addRelay(m.Relay, m.SeenAt)
	for _, e := range m.Events {
		p.addEvent(pg, e)
	}
	pg.ids = append(pg.ids, pg.known...)
	p.pages = append(p.pages, pg)
}

// splitIDs takes ids apart that travel as one; false = the last one is cut.
func splitIDs(joined []byte) (ids []event.ID, whole bool) {
	const size = len(event.ID{})
	for ; len(joined) >= size; joined = joined[size:] {
		ids = append(ids, event.ID(joined[:size]))
	}
	return ids, len(joined) == 0
}

// addEvent checks shape and id once more: nothing that is wrong in itself gets into the archive, whoever sent it.
func (p *plan) addEvent(pg *page, m *ingest.Event) {
	e, err := readEvent(m)
	switch {
	case err != nil:
		p.refuse(m, cut(err.Error(), maxReason), pg.relay)
		p.exclude(m)
	case e.Kind == event.KindAuth, p.opts.Rules.Match(&e, pg.relay, p.opts.Now):
		p.refused++
		p.exclude(m)
	default:
		pg.ids = append(pg.ids, e.ID)
		if p.events[e.ID] == nil {
			p.events[e.ID] = &e
		}
	}
}

func (p *plan) exclude(m *ingest.Event) {
	if len(m.Id) == len(event.ID{}) {
		p.excluded[event.ID(m.Id)] = struct{}{}
	}
}

var errShape = errors.New("id, pubkey, sig or kind has the wrong size")

func readEvent(m *ingest.Event) (event.Event, error) {
	if len(m.Id) != len(event.ID{}) || len(m.Pubkey) != len(event.PubKey{}) || len(m.Sig) != 64 || m.Kind > math.MaxUint16 {
		return event.Event{}, errShape
	}
	return event.New(event.ID(m.Id), event.PubKey(m.Pubkey), [64]byte(m.Sig), m.CreatedAt, uint16(m.Kind), m.Tags, m.Content)
}

// claims says whether the page brings an interval.
func (pg *page) claims() bool {
	return pg.proof != int16(ingest.Proof_PROOF_NONE) && pg.since <= pg.until
}

// sound says whether that interval can be stored at all.
func (pg *page) sound() bool {
	return pg.since >= 0 && (pg.parts == 1 || len(pg.id) == 16 && pg.part < pg.parts)
}
