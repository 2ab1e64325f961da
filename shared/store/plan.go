package store

import (
	"math"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// item is a batch, or a part of one, and the place of the batch it came from.
type item struct {
	batch *ingest.Batch
	from  int
}

// plan is what some batches ask for, with equal keys merged: no statement meets a key twice, and of two reports of the
// same thing the newer counts.
type plan struct {
	opts        WriteOptions
	relays      map[string]int64 // url → when it was first said to be a relay
	candidates  map[string]*candidate
	sources     map[source]int64
	events      map[event.ID]*event.Event
	excluded    map[event.ID]struct{} // claimed ids of events that are quarantined or refused
	pages       []*page
	told        []told
	past        []*ingest.Check // checks that are told: rows, and no news
	transitions []*ingest.Transition
	checks      []*ingest.Check
	visits      map[visitKey]*ingest.Visit
	turns       []*ingest.Visit // that refused events
	manners     map[string]*ingest.Manners
	published   map[publicationKey]*ingest.Publication
	revocations []revocation
	quarantine  []quarantined
	refused     int
}

type source struct{ url, name string }

type visitKey struct{ relay, job string }

func newPlan(items []item, opts WriteOptions) *plan {
	p := &plan{
		opts: opts, relays: map[string]int64{}, candidates: map[string]*candidate{}, sources: map[source]int64{},
		events: map[event.ID]*event.Event{}, excluded: map[event.ID]struct{}{},
		visits: map[visitKey]*ingest.Visit{}, manners: map[string]*ingest.Manners{},
		published: map[publicationKey]*ingest.Publication{},
	}
	for _, it := range items {
		p.addReports(it.batch)
		p.addRevocations(it)
		for _, m := range it.batch.Pages {
			p.addPage(m, it.from)
		}
		for _, m := range it.batch.Imports {
			p.addImport(m, it.from)
		}
	}
	p.meetTold()
	return p
}

func (p *plan) addReports(batch *ingest.Batch) {
	for _, m := range batch.Candidates {
		if p.accept(m.Url, &ingest.Batch{Candidates: []*ingest.Candidate{m}}) {
			p.addCandidate(m)
		}
	}
	for _, m := range batch.Relays {
		if p.accept(m.Url, &ingest.Batch{Relays: []*ingest.Relay{m}}) {
			p.addRelay(m.Url, m.AcceptedAt)
			p.candidate(m.Url, m.AcceptedAt)
		}
	}
	for _, m := range batch.Checks {
		if p.accept(m.Relay, &ingest.Batch{Checks: []*ingest.Check{m}}) {
			p.addRelay(m.Relay, m.CheckedAt)
			p.checks = append(p.checks, m)
		}
	}
	for _, m := range batch.Visits {
		if p.accept(m.Relay, &ingest.Batch{Visits: []*ingest.Visit{m}}) {
			p.addRelay(m.Relay, m.StartedAt)
			p.addVisit(m)
			p.addTurn(m)
		}
	}
	for _, m := range batch.Manners {
		if p.accept(m.Relay, &ingest.Batch{Manners: []*ingest.Manners{m}}) {
			p.addRelay(m.Relay, m.ProbedAt)
			p.addManners(m)
		}
	}
	for _, m := range batch.Publications {
		p.addPublication(m)
	}
}

func (p *plan) addRevocations(it item) {
	for _, m := range it.batch.Revocations {
		if p.accept(m.Relay, &ingest.Batch{Revocations: []*ingest.Revocation{m}}) {
			p.addRevocation(m, it.from)
		}
	}
}

// accept says whether the relay of a report can be one; if not, the report goes to quarantine.
func (p *plan) accept(url string, report *ingest.Batch) bool {
	if isURL(url) {
		return true
	}
	p.refuse(report, "relay URL is not one", url)
	return false
}

// refuse puts a part of a batch into quarantine.
func (p *plan) refuse(part proto.Message, reason, relay string) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(part)
	if err != nil {
		raw = []byte(err.Error()) // it was decoded a moment ago
	}
	p.quarantine = append(p.quarantine, quarantined{raw: raw, reason: reason, relay: relay})
}

// addRelay asks for the relay's row. Whoever reports on a relay has met it, so the report is a proof.
func (p *plan) addRelay(url string, at int64) {
	if at <= 0 {
		at = p.opts.Now.Unix()
	}
	if known, ok := p.relays[url]; !ok || at < known {
		p.relays[url] = at
	}
}

func (p *plan) addVisit(m *ingest.Visit) {
	key := visitKey{m.Relay, m.Job}
	old := p.visits[key]
	if old == nil || m.EndedAt > old.EndedAt || m.EndedAt == old.EndedAt && m.StartedAt > old.StartedAt {
		p.visits[key] = m
	}
}

func (p *plan) addManners(m *ingest.Manners) {
	if old := p.manners[m.Relay]; old == nil || m.ProbedAt > old.ProbedAt {
		p.manners[m.Relay] = m
	}
}

// seconds fits a time into the four bytes of a sighting; without one it is now.
func (p *plan) seconds(at int64) int32 {
	if at <= 0 {
		at = p.opts.Now.Unix()
	}
	return int32(min(at, math.MaxInt32))
}

// small fits a count of the wire into an integer column.
func small(n uint32) int32 { return int32(min(n, math.MaxInt32)) }

// large fits a count of the wire into a bigint column.
func large(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// day returns the UTC day of a time in unix seconds.
func day(at int32) time.Time { return time.Unix(int64(at), 0).UTC().Truncate(24 * time.Hour) }
