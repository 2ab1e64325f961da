package importer

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	refusedRelay = "bad_relay"
	refusedLight = "without_content"
)

// originalEvents is how many events are read at once: with their sightings they fit into few messages.
const originalEvents = 250

// Original is a database of the Python BigBrotr.
type Original struct {
	Store  *store.Original
	Parser relay.Parser // what its URLs are read with
	Rows   int64        // about how many it has, 0 = unknown

	done atomic.Int64
}

// Key names the database.
func (s *Original) Key() string { return "bigbrotr " + s.Store.Name() }

// Taken is rows.
func (s *Original) Taken() int64 { return s.done.Load() }

// Size is rows, too.
func (s *Original) Size() int64 { return s.Rows }

// originalPlace is a place in the original: relays come first, then events, then what its monitor found.
type originalPlace struct {
	Relay   string                `json:"relay,omitempty"`   // the last one
	Event   string                `json:"event,omitempty"`   // hex, the last one; with it, all relays were read
	History *store.OriginalMoment `json:"history,omitempty"` // the last one; with it, all events were read
	Rows    int64                 `json:"rows"`
}

// Read puts relays by URL, then events by id with their sightings, then the checks of relays in the order of time.
func (s *Original) Read(ctx context.Context, from []byte, put func(*load) error) error {
	var at originalPlace
	if from != nil {
		if err := json.Unmarshal(from, &at); err != nil {
			return fmt.Errorf("read the place in the original: %w", err)
		}
	}
	s.done.Store(at.Rows)
	if at.Event == "" && at.History == nil {
		if err := s.relays(ctx, &at, put); err != nil {
			return err
		}
	}
	if at.History == nil {
		if err := s.events(ctx, &at, put); err != nil {
			return err
		}
	}
	return s.history(ctx, &at, put)
}

// put hands a page on with the place behind it.
func (s *Original) put(at *originalPlace, rows int, put func(*load) error, check func() outcome) error {
	at.Rows += int64(rows)
	s.done.Store(at.Rows)
	after, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("encode the place in the original: %w", err)
	}
	return put(&load{check: check, after: after})
}

func (s *Original) relays(ctx context.Context, at *originalPlace, put func(*load) error) error {
	for {
		page, err := s.Store.Relays(ctx, at.Relay, ingest.MaxBatchEvents)
		if err != nil || len(page) == 0 {
			return err
		}
		at.Relay = page[len(page)-1].URL
		first := at.Rows + 1
		if err := s.put(at, len(page), put, func() outcome { return s.checkRelays(page, first) }); err != nil {
			return err
		}
	}
}

// checkRelays takes the relays for found, and proven, when the original discovered them: it kept no others.
func (s *Original) checkRelays(page []store.OriginalRelay, first int64) (o outcome) {
	one := &ingest.Import{Source: "bigbrotr", ReadAt: time.Now().Unix()}
	batch := &ingest.Batch{Imports: []*ingest.Import{one}}
	for i, r := range page {
		url, err := s.Parser.Parse(r.URL)
		if err != nil {
			o.tally.refuse(refusedRelay, first+int64(i))
			continue
		}
		network := string(url.Network())
		one.Relays = append(one.Relays, &ingest.Relay{Url: string(url), Network: network, AcceptedAt: r.DiscoveredAt})
		batch.Candidates = append(batch.Candidates, &ingest.Candidate{Url: string(url), Network: network, FoundAt: r.DiscoveredAt})
	}
	o.tally.lines = int64(len(page))
	o.count("relays", len(one.Relays))
	o.batches = []*ingest.Batch{batch}
	return o
}

func (s *Original) events(ctx context.Context, at *originalPlace, put func(*load) error) error {
	var after [32]byte
	if n, err := hex.Decode(after[:], []byte(at.Event)); at.Event != "" && (err != nil || n != len(after)) {
		return fmt.Errorf("read the place in the original: %q is no id", at.Event)
	}
	for {
		page, err := s.Store.Events(ctx, after, originalEvents)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].ID
		at.Event = hex.EncodeToString(after[:])
		first := at.Rows + 1
		if err := s.put(at, len(page), put, func() outcome { return s.checkEvents(page, first) }); err != nil {
			return err
		}
	}
}

// checkEvents verifies events: what the original stored it may have altered.
func (s *Original) checkEvents(page []store.OriginalEvent, first int64) (o outcome) {
	o.tally.lines = int64(len(page))
	seen := map[event.ID][]store.OriginalSighting{}
	var suspects []suspect
	var refused []*ingest.Refused
	for i, row := range page {
		at := first + int64(i)
		if row.JSON == nil {
			o.tally.refuse(refusedLight, at)
			continue
		}
		o.tally.bytes += int64(len(row.JSON))
		e, err := event.Parse(row.JSON)
		switch {
		case err != nil:
			refused = append(refused, o.refuse(row.JSON, at, err)...)
		case o.archived(e.Kind):
			seen[e.ID] = row.Seen
			suspects = append(suspects, suspect{e, at, row.JSON})
		}
	}
	good, forged := judge(suspects, &o)
	o.batches = s.batches(good, seen, append(refused, forged...), &o)
	return o
}

// batches are as many messages as the events and their sightings need.
func (s *Original) batches(good []*ingest.Event, seen map[event.ID][]store.OriginalSighting, refused []*ingest.Refused, o *outcome) (batches []*ingest.Batch) {
	b, size := newTold("bigbrotr", refused), 0
	closeBatch := func() {
		batches = append(batches, &ingest.Batch{Imports: []*ingest.Import{b.one}})
		b, size = newTold("bigbrotr", nil), 0
	}
	for _, e := range good {
		if size += len(e.Tags) + len(e.Content) + 160; size > ingest.MaxBatchBytes/2 && len(b.one.Events) > 0 {
			closeBatch()
			size = len(e.Tags) + len(e.Content) + 160
		}
		b.event(e)
		for _, one := range seen[event.ID(e.Id)] {
			if b.sightings == maxSightings {
				closeBatch()
				b.event(e)
			}
			url, err := s.Parser.Parse(one.Relay)
			if err != nil {
				o.tally.skip("sighting on a relay whose URL is none")
				continue
			}
			b.sighting(string(url), e.Id, one.SeenAt, one.SeenAt, 0)
			o.count("sightings", 1)
		}
	}
	closeBatch()
	return batches
}
