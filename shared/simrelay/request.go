package simrelay

import (
	"encoding/json"
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// maxFilters bounds the filters of one request.
const maxFilters = 32

// request is one parsed REQ or COUNT.
type request struct {
	sub     string
	filters []event.Filter
	number  int // of the relay, from 1
	reused  bool
	drop    bool // the connection ends here
}

func parseRequest(parts []json.RawMessage) (request, error) {
	var q request
	if json.Unmarshal(parts[0], &q.sub) != nil || q.sub == "" || len(q.sub) > 64 {
		return q, fmt.Errorf("bad subscription id")
	}
	if n := len(parts) - 1; n < 1 || n > maxFilters {
		return q, fmt.Errorf("%d filters", n)
	}
	for _, raw := range parts[1:] {
		f, err := event.ParseFilter(raw)
		if err != nil {
			return q, fmt.Errorf("bad filter")
		}
		q.filters = append(q.filters, f)
	}
	return q, nil
}

func (q *request) matchers(m *Manners) []*matcher {
	list := make([]*matcher, len(q.filters))
	for i := range q.filters {
		list[i] = newMatcher(&q.filters[i], m)
	}
	return list
}

// handleReq answers by a refusal or starts a subscription, in place of an open one with the same id.
func (s *session) handleReq(parts []json.RawMessage) error {
	q, err := parseRequest(parts)
	if err != nil {
		return s.refuseBad(q.sub, err)
	}
	q.number = int(s.relay.requests.Add(1))
	s.requests++
	q.drop = s.countAsked()
	s.ledger.count(func(t *Totals) { t.Requests++ })
	if refused, err := s.refuse(q); refused {
		return err
	}
	s.mu.Lock()
	_, q.reused = s.used[q.sub]
	if len(s.used) < 10_000 { // enough for every test, and bounded
		s.used[q.sub] = struct{}{}
	}
	s.mu.Unlock()
	s.subscribe(q)
	return nil
}

func (s *session) refuseBad(sub string, why error) error {
	if sub == "" || len(sub) > 64 {
		return s.notice("invalid: " + why.Error())
	}
	return s.send("CLOSED", sub, "invalid: "+why.Error())
}

// handleClose ends a subscription; an unknown id is not an error.
func (s *session) handleClose(parts []json.RawMessage) error {
	var sub string
	if json.Unmarshal(parts[0], &sub) == nil {
		s.unsubscribe(sub, nil)
	}
	return nil
}

// handleCount counts exactly what the filters match (NIP-45), hidden events included.
func (s *session) handleCount(parts []json.RawMessage) error {
	q, err := parseRequest(parts)
	if err != nil {
		return s.refuseBad(q.sub, err)
	}
	m := &s.relay.manners
	switch {
	case s.countAsked():
		return s.drop()
	case m.RefuseCount:
		s.ledger.fired(FaultNoCount)
		return s.notice("ERROR: bad msg: unknown cmd")
	case s.needsAuth(q):
		return s.demandAuth(q)
	}
	p := s.relay.store.page(q.matchers(m.uncapped()), m, 0)
	n := len(p.items) + p.hidden
	if m.LieCount > 0 {
		lie := int(m.LieCount * float64(n))
		s.ledger.firedIf(lie != n, FaultLieCount)
		n = lie
	}
	return s.send("COUNT", q.sub, map[string]int{"count": n})
}

// uncapped are the manners for an answer that is not a page.
func (m *Manners) uncapped() *Manners {
	c := *m
	c.Cap, c.DefaultLimit, c.AboveCapAnswer = 0, 0, 0
	return &c
}

// countAsked counts a REQ, COUNT or NEG-OPEN and says whether the connection ends at it.
func (s *session) countAsked() bool {
	return nth(s.relay.manners.DropEveryRequests, int(s.relay.asked.Add(1)))
}
