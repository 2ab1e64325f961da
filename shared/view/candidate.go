package view

import (
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Candidate is a URL that was found and what came of it.
type Candidate struct {
	URL        string     `json:"url"`
	Network    string     `json:"network"`
	State      string     `json:"state"`
	FoundAt    *time.Time `json:"found_at"`
	Sources    []string   `json:"sources"`
	Tries      int        `json:"tries"`
	TriedAt    *time.Time `json:"tried_at"`
	Reason     string     `json:"reason"`
	NextTryAt  *time.Time `json:"next_try_at"`
	GivenUpAt  *time.Time `json:"given_up_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
}

// CandidateOf is the form of a candidate.
func CandidateOf(c store.Candidate) Candidate {
	return Candidate{c.URL, c.Network, c.State, Time(c.FoundAt), append([]string{}, c.Sources...), c.Tries, Time(c.TriedAt), c.Reason,
		Time(c.NextTryAt), Time(c.GivenUpAt), Time(c.AcceptedAt)}
}
