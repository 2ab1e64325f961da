package synchronizer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// sink hands the pages of one turn to the writer and counts them.
type sink struct {
	*Synchronizer
	out        *outbox
	relay      string
	filter     event.Filter
	visit      *ingest.Visit
	seenBefore bool // an earlier turn walked the relay with this filter
	again      bool // what is walked now was settled before
}

// prove sorts the events of an answer, cuts them into pages and hands these to the outbox. A full or absent stream is waited
// for: the socket is not read meanwhile, and no interval moves.
func (s *sink) prove(ctx context.Context, a *answer, iv Interval, proof ingest.Proof) error {
	fresh, old, forged, err := s.verifier.sort(ctx, a.events)
	if err != nil {
		return err
	}
	missing, err := s.missing(ctx, fresh, old, iv, proof)
	if err != nil {
		return err
	}
	s.count(a, tally{new: inside(fresh, iv), known: inside(old, iv), forged: forged, missing: len(missing)}, proof)
	return s.hand(ctx, cut(s.head(a, proof), iv, fresh, old, missing))
}

// hand puts pages on INGEST, one after the other. A relay that forges without end is left then.
func (s *sink) hand(ctx context.Context, pages []*ingest.Page) error {
	for _, page := range pages {
		if err := s.out.put(ctx, page); err != nil {
			return err
		}
	}
	if s.visit.Rejected[rejectedSignature] > maxForged {
		return errForger
	}
	return nil
}

// reconciled hands over what NIP-77 settled.
func (s *sink) reconciled(ctx context.Context, a *answer, iv Interval, both []event.ID, missing []store.Held) error {
	fresh, old, forged, err := s.verifier.sort(ctx, a.events)
	if err != nil {
		return err
	}
	if !s.serves(len(fresh) + len(old) + len(both)) {
		missing = nil
	}
	proof := ingest.Proof_PROOF_NEGENTROPY
	s.count(a, tally{new: len(fresh), known: len(old) + len(both), forged: forged, missing: len(missing)}, proof)
	items := make([]item, 0, len(fresh)+len(old)+len(both))
	for _, e := range fresh {
		items = append(items, item{e, true})
	}
	for _, e := range old {
		items = append(items, item{e, false})
	}
	for _, id := range both {
		items = append(items, item{&event.Event{ID: id}, false})
	}
	pages := build(s.head(a, proof), iv, items)
	tellMissing(pages, missing)
	return s.hand(ctx, pages)
}

func (s *sink) held(ctx context.Context, iv Interval) ([]store.Held, error) {
	held, more, err := s.store.Held(ctx, s.relay, s.filter, iv, maxHeld)
	switch {
	case errors.Is(err, store.ErrFilterNotHeld):
		return nil, errUnfit
	case err == nil && more:
		return nil, errTooMany
	}
	return held, err
}

func (s *sink) archived(ctx context.Context, ids []event.ID) (map[event.ID][64]byte, error) {
	return s.verifier.known(ctx, ids)
}

// missing returns what the relay served before and lacks now. Only a complete answer can tell, and
// only of a relay that was walked before.
func (s *sink) missing(ctx context.Context, fresh, old []*event.Event, iv Interval, proof ingest.Proof) ([]store.Held, error) {
	if !s.seenBefore || !complete(proof) || iv.Since > iv.Until || !s.serves(len(fresh)+len(old)) {
		return nil, nil
	}
	held, more, err := s.store.Held(ctx, s.relay, s.filter, iv, maxHeld)
	if err != nil || more {
		return nil, unsupported(err)
	}
	served := make(map[event.ID]struct{}, len(fresh)+len(old))
	for _, events := range [][]*event.Event{fresh, old} {
		for _, e := range events {
			served[e.ID] = struct{}{}
		}
	}
	return slices.DeleteFunc(held, func(h store.Held) bool { _, ok := served[h.ID]; return ok }), nil
}

// complete says whether a proof of pages tells what a relay lacks.
func complete(proof ingest.Proof) bool {
	switch proof {
	case ingest.Proof_PROOF_EOSE, ingest.Proof_PROOF_FINISH, ingest.Proof_PROOF_EMPTY:
		return true
	}
	return false
}

// serves says whether the relay served something, now or before in this turn. Of one that did not, it is not believed
// that nothing is left: its database may have failed.
func (s *sink) serves(now int) bool { return now > 0 || s.visit.NewEvents+s.visit.KnownEvents > 0 }

// unsupported passes over a filter whose sightings cannot be listed: nothing is called missing then.
func unsupported(err error) error {
	if errors.Is(err, store.ErrFilterNotHeld) {
		return nil
	}
	return err
}

// maxHeld bounds the sightings that one answer is compared with.
const maxHeld = 20_000

// inside counts the events that a page settles: the others come again with the next one. A page that
// settles nothing counts them all.
func inside(events []*event.Event, iv Interval) (n int) {
	for _, e := range events {
		if iv.Since > iv.Until || iv.Since <= e.CreatedAt && e.CreatedAt <= iv.Until {
			n++
		}
	}
	return n
}

// tally counts the events of one answer.
type tally struct{ new, known, forged, missing int }

func (s *sink) head(a *answer, proof ingest.Proof) *ingest.Page {
	return &ingest.Page{
		Relay: s.relay, Vantage: s.network.Vantage, Filter: s.filter.Canonical(), Proof: proof,
		SeenAt: cmp.Or(a.askedAt, time.Now().Unix()), AskedAt: a.askedAt,
	}
}

// publish repeats until INGEST acknowledged the batch or ctx ended.
func (s *Synchronizer) publish(ctx context.Context, to string, batch *ingest.Batch) error {
	for try := 0; ; try++ {
		err := s.bus.Ingest(ctx, to, batch)
		if err == nil || errors.Is(err, bus.ErrTooLarge) || ctx.Err() != nil {
			return err
		}
		if try == 0 {
			s.log.Warn("A page waits for the ingest stream", app.Subject, to, app.Err, err)
		}
		if !app.Sleep(ctx, app.Jitter(min(time.Second<<min(try, 5), 30*time.Second), pauseSpread)) {
			return ctx.Err()
		}
	}
}

func (s *sink) count(a *answer, t tally, proof ingest.Proof) {
	v := s.visit
	v.Pages++
	v.NewEvents += uint64(t.new)
	v.KnownEvents += uint64(t.known)
	v.MissingEvents += uint64(t.missing)
	if s.again {
		v.LateEvents += uint64(t.new)
	}
	pagesProven.WithLabelValues(proof.String()).Inc()
	eventsHanded.WithLabelValues("new").Add(float64(t.new))
	eventsHanded.WithLabelValues("known").Add(float64(t.known))
	eventsMissing.Add(float64(t.missing))
	s.reject(rejectedSignature, t.forged)
	for reason, n := range a.rejected {
		s.reject(reason, n)
	}
}

func (s *sink) reject(reason string, n int) {
	if n > 0 {
		count(s.visit.Rejected, reason, uint64(n))
		eventsRejected.WithLabelValues(label(reason)).Add(float64(n))
	}
}
