package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// publicationKey is what a row of publication is of.
type publicationKey struct {
	pubkey event.PubKey
	kind   uint32
	relay  string // "" = the monitor itself
	target string
}

// addPublication keeps the newest of each key. A report without a proper key, id and hash goes to quarantine.
func (p *plan) addPublication(m *ingest.Publication) {
	report := &ingest.Batch{Publications: []*ingest.Publication{m}}
	if !p.accept(m.Target, report) || m.Relay != "" && !p.accept(m.Relay, report) {
		return
	}
	if len(m.Pubkey) != len(event.PubKey{}) || len(m.EventId) != len(event.ID{}) || len(m.ContentHash) != 32 || m.Kind > 65535 {
		p.refuse(report, "publication is malformed", m.Target)
		return
	}
	if m.Relay != "" {
		p.addRelay(m.Relay, m.PublishedAt)
	}
	key := publicationKey{event.PubKey(m.Pubkey), m.Kind, m.Relay, m.Target}
	if old := p.published[key]; old == nil || newer(m, old) {
		p.published[key] = m
	}
}

// newer orders publications as insert_publications does.
func newer(m, old *ingest.Publication) bool {
	return cmp.Or(cmp.Compare(m.PublishedAt, old.PublishedAt), bytes.Compare(m.EventId, old.EventId)) > 0
}

func (a *apply) writePublications(ctx context.Context) error {
	if len(a.plan.published) == 0 {
		return nil
	}
	var pubkeys, ids, hashes [][]byte
	var kinds, relays []int32
	var targets []string
	var published []int64
	var accepted []bool
	var reasons []*string
	for _, m := range a.plan.published {
		pubkeys, ids, hashes = append(pubkeys, m.Pubkey), append(ids, m.EventId), append(hashes, m.ContentHash)
		kinds, relays = append(kinds, small(m.Kind)), append(relays, a.relays[m.Relay]) // "" is no relay: 0
		targets, published = append(targets, m.Target), append(published, m.PublishedAt)
		accepted, reasons = append(accepted, m.Accepted), append(reasons, orNull(short(m.Reason, maxToken)))
	}
	return a.exec(ctx, "insert_publications", pubkeys, kinds, relays, targets, ids, hashes, published, accepted, reasons)
}

// Publication is what became of the last event of a kind that a monitor published to a relay.
type Publication struct {
	ContentHash [32]byte
	PublishedAt time.Time
	Accepted    bool
}

// Publication returns the last one about a relay, or about the monitor itself for an empty relayURL, at one publish relay;
// false = there is none.
func (s *Store) Publication(ctx context.Context, author event.PubKey, kind uint16, relayURL, target string) (found Publication, ok bool, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		ok = false
		var hash []byte
		var at int64
		return query(ctx, tx, "publication", []any{&hash, &at, &found.Accepted}, func() {
			ok = len(hash) == copy(found.ContentHash[:], hash)
			found.PublishedAt = timeOf(&at)
		}, author[:], int32(kind), relayURL, target)
	})
	if err != nil {
		return Publication{}, false, fmt.Errorf("look up a publication: %w", err)
	}
	return found, ok, nil
}

// PublicationTotal is how many events of a kind one publish relay took, or refused for one reason.
type PublicationTotal struct {
	Target   string
	Kind     int
	Accepted bool
	Reason   string // of a refusal
	Events   int64
	LastAt   time.Time
}

// PublicationTotals returns what each publish relay made of the last events of a monitor.
func (s *Store) PublicationTotals(ctx context.Context, author event.PubKey) (totals []PublicationTotal, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		totals = nil
		var t PublicationTotal
		var at int64
		return query(ctx, tx, "publication_totals", []any{&t.Target, &t.Kind, &t.Accepted, &t.Reason, &t.Events, &at}, func() {
			t.LastAt = timeOf(&at)
			totals = append(totals, t)
		}, author[:])
	})
	if err != nil {
		return nil, fmt.Errorf("count publications: %w", err)
	}
	return totals, nil
}

// Documents returns the documents that one round of checks brought home, by type.
func (s *Store) Documents(ctx context.Context, relayURL, vantage string, checkedAt time.Time) (found map[string][]byte, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		found = map[string][]byte{}
		var name string
		var body []byte
		return query(ctx, tx, "documents", []any{&name, &body}, func() {
			found[name] = bytes.Clone(body)
		}, relayURL, vantage, checkedAt.Unix())
	})
	if err != nil {
		return nil, fmt.Errorf("look up documents: %w", err)
	}
	return found, nil
}
