package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Candidate is a relay URL that was found. Zero times mean "none".
type Candidate struct {
	URL, Network string
	State        string // relay, new, failed, parked or given up
	FoundAt      time.Time
	Sources      []string // the first to name it first
	Tries        int
	TriedAt      time.Time
	Reason       string // why the last try failed
	NextTryAt    time.Time
	GivenUpAt    time.Time
	AcceptedAt   time.Time // zero = it is no relay yet
}

// CandidateFilter chooses candidates; what is empty chooses nothing.
type CandidateFilter struct {
	State, Reason, Source, Network, URL string
	Limit                               int

	AfterFound time.Time // with AfterURL: what comes after this candidate
	AfterURL   string
}

// Candidates lists what was found, the newest finds first.
func (s *Store) Candidates(ctx context.Context, f CandidateFilter) (list []Candidate, err error) {
	var after *int64
	if f.AfterURL != "" {
		after = new(f.AfterFound.Unix())
	}
	err = s.read(ctx, func(tx pgx.Tx) error {
		list = nil
		var c Candidate
		var found int64
		var tried, next, givenUp, accepted *int64
		var reason *string
		return query(ctx, tx, "candidates", []any{&c.URL, &c.Network, &c.State, &found, &c.Sources, &c.Tries, &tried, &reason,
			&next, &givenUp, &accepted}, func() {
			c.FoundAt, c.TriedAt, c.Reason = timeOf(&found), timeOf(tried), orZero(reason)
			c.NextTryAt, c.GivenUpAt, c.AcceptedAt = timeOf(next), timeOf(givenUp), timeOf(accepted)
			list = append(list, c)
			c.Sources = nil
		}, orNull(f.State), orNull(f.Reason), orNull(f.Source), orNull(f.Network), orNull(f.URL), f.Limit, after, orNull(f.AfterURL))
	})
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	return list, nil
}
