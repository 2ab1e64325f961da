package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// secondChance is how long a candidate stays given up before finding it again means a new start.
const secondChance = 30 * 24 * time.Hour

// candidate is what a plan knows of one URL: the findings, and the newest try.
type candidate struct {
	foundAt int64 // earliest
	foundIn int64 // latest finding by a source, 0 = none
	try     *ingest.Candidate
}

// candidate returns the plan's candidate of this URL, first seen at the given time or before.
func (p *plan) candidate(url string, at int64) *candidate {
	if at <= 0 {
		at = p.opts.Now.Unix()
	}
	c := p.candidates[url]
	if c == nil {
		c = &candidate{foundAt: at}
		p.candidates[url] = c
	}
	c.foundAt = min(c.foundAt, at)
	return c
}

func (p *plan) addCandidate(m *ingest.Candidate) {
	c := p.candidate(m.Url, max(m.FoundAt, m.TriedAt))
	if m.TriedAt > 0 && (c.try == nil || cmp.Or(cmp.Compare(m.TriedAt, c.try.TriedAt), cmp.Compare(m.Tries, c.try.Tries)) > 0) {
		c.try = m
	}
	if m.Source == "" {
		return
	}
	c.foundIn = max(c.foundIn, m.FoundAt)
	key := source{m.Url, short(m.Source, maxToken)}
	if at, ok := p.sources[key]; !ok || m.FoundAt < at {
		p.sources[key] = m.FoundAt
	}
}

func (a *apply) writeRelays(ctx context.Context) error {
	urls := make([]string, 0, len(a.plan.relays))
	for url := range a.plan.relays {
		urls = append(urls, url)
	}
	var missing []string
	if a.relays, missing = a.store.relays.find(urls); len(missing) == 0 {
		return nil
	}
	if err := a.findRelays(ctx, missing); err != nil {
		return err
	}
	missing = a.missingRelays(missing)
	if len(missing) == 0 {
		return nil
	}
	if err := a.insertRelays(ctx, missing); err != nil {
		return err
	}
	if err := a.findRelays(ctx, missing); err != nil { // those that another writer added meanwhile
		return err
	}
	if missing = a.missingRelays(missing); len(missing) > 0 {
		return &dataError{fmt.Sprintf("token of %d relays belongs to another relay", len(missing))}
	}
	return nil
}

func (a *apply) missingRelays(urls []string) (missing []string) {
	for _, url := range urls {
		if _, ok := a.relays[url]; !ok {
			missing = append(missing, url)
		}
	}
	return missing
}

func (a *apply) findRelays(ctx context.Context, urls []string) error {
	var url string
	var no int32
	return a.query(ctx, "relays_by_url", []any{&url, &no}, func() { a.relays[url] = no }, urls)
}

func (a *apply) insertRelays(ctx context.Context, urls []string) error {
	networks, tokens, times := make([]string, len(urls)), make([]string, len(urls)), make([]int64, len(urls))
	for i, url := range urls {
		u := relay.URL(url)
		networks[i], tokens[i], times[i] = string(u.Network()), u.Token(), a.plan.relays[url]
	}
	var url string
	var no int32
	return a.query(ctx, "insert_relays", []any{&url, &no}, func() {
		a.relays[url] = no
		a.written.Accepted = append(a.written.Accepted, Accepted{Relay: url, At: a.plan.relays[url]})
	}, urls, networks, tokens, times)
}

func (a *apply) writeCandidates(ctx context.Context) error {
	if len(a.plan.candidates) == 0 {
		return nil
	}
	var c candidateRows
	for url, one := range a.plan.candidates {
		c.add(url, one)
	}
	if err := a.exec(ctx, "insert_candidates", c.urls, c.networks, c.found); err != nil {
		return err
	}
	chance := int64(secondChance / time.Second)
	if err := a.exec(ctx, "update_candidates", c.urls, c.found, c.again, c.tries, c.tried, c.reasons, c.next, c.givenUp, chance); err != nil {
		return err
	}
	return a.writeSources(ctx)
}

// candidateRows are the columns of update_candidates.
type candidateRows struct {
	urls, networks              []string
	found                       []int64
	again, tried, next, givenUp []*int64
	tries                       []int32
	reasons                     []*string
}

func (r *candidateRows) add(url string, c *candidate) {
	try := c.try
	if try == nil {
		try = &ingest.Candidate{}
	}
	var givenUp *int64
	if try.GivenUp {
		givenUp = &try.TriedAt
	}
	r.urls = append(r.urls, url)
	r.networks = append(r.networks, string(relay.URL(url).Network()))
	r.found = append(r.found, c.foundAt)
	r.again = append(r.again, orNull(c.foundIn))
	r.tries = append(r.tries, small(try.Tries))
	r.tried = append(r.tried, orNull(try.TriedAt))
	r.reasons = append(r.reasons, orNull(short(try.Reason, maxToken)))
	r.next = append(r.next, orNull(try.NextTryAt))
	r.givenUp = append(r.givenUp, givenUp)
}

func (a *apply) writeSources(ctx context.Context) error {
	if len(a.plan.sources) == 0 {
		return nil
	}
	var urls, names []string
	var times []int64
	for key, at := range a.plan.sources {
		urls, names, times = append(urls, key.url), append(names, key.name), append(times, at)
	}
	return a.exec(ctx, "insert_sources", urls, names, times)
}
