package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// State is a relay's state from one vantage. Zero times mean "none".
type State struct {
	State        string // up, down, blocked, authonly, dead
	Since        time.Time
	Failures     int // failed checks in a row
	FailingSince time.Time
	CheckedAt    time.Time
}

// State returns a relay's state from a vantage; false = it was never checked from there.
func (s *Store) State(ctx context.Context, relayURL, vantage string) (State, bool, error) {
	var found []State
	err := s.read(ctx, func(tx pgx.Tx) error {
		found = nil
		var st State
		var since, checked int64
		var failing *int64
		return query(ctx, tx, "state", []any{&st.State, &since, &st.Failures, &failing, &checked}, func() {
			st.Since, st.FailingSince, st.CheckedAt = timeOf(&since), timeOf(failing), timeOf(&checked)
			found = append(found, st)
		}, relayURL, vantage)
	})
	if err != nil || len(found) == 0 {
		return State{}, false, err
	}
	return found[0], true, nil
}

// DocumentSeen returns when a document of one type was last seen at a relay; the zero time = never.
func (s *Store) DocumentSeen(ctx context.Context, relayURL, vantage, name string) (seen time.Time, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		var at *int64
		return query(ctx, tx, "document_seen", []any{&at}, func() { seen = timeOf(at) }, relayURL, vantage, name)
	})
	return seen, err
}

// Manners returns how a relay answers; nil = it was never probed.
func (s *Store) Manners(ctx context.Context, relayURL string) (found *ingest.Manners, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		found = nil
		m := &ingest.Manners{Relay: relayURL}
		return query(ctx, tx, "manners", []any{&m.Vantage, &m.ProbedAt, &m.Cap, &m.Order, &m.UntilExclusive,
			&m.SinceExclusive, &m.IgnoresUntil, &m.IgnoresSince, &m.Negentropy, &m.Hints, &m.Counts, &m.Hides, &m.Auth,
			&m.MaxSubscriptions, &m.MaxMessage, &m.PageLimit}, func() { found = m }, relayURL)
	})
	return found, err
}

// Known is what the archive knows of a URL that was found.
type Known struct {
	Accepted  bool      // it is a relay
	GivenUpAt time.Time // zero = validation was not given up
	Tries     int
}

// KnownURLs returns which of the URLs are relays or candidates, in one round trip.
func (s *Store) KnownURLs(ctx context.Context, urls []string) (known map[string]Known, err error) {
	err = s.read(ctx, func(tx pgx.Tx) error {
		known = make(map[string]Known, len(urls))
		var url string
		var k Known
		var givenUp *int64
		return query(ctx, tx, "known_urls", []any{&url, &k.Accepted, &k.Tries, &givenUp}, func() {
			k.GivenUpAt = timeOf(givenUp)
			known[url] = k
		}, urls)
	})
	return known, err
}

// timeOf returns the time of unix seconds; nil is the zero time.
func timeOf(seconds *int64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.Unix(*seconds, 0).UTC()
}
