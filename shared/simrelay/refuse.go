package simrelay

import "time"

// refusal is one reason not to answer a REQ at all; it writes what the relay says instead.
type refusal struct {
	fault   Fault
	end     End
	applies func(*session, request) bool
	say     func(*session, request) error
}

// refusals are tried in this order; the first that applies decides.
var refusals = []refusal{
	{FaultDropped, EndDropped, (*session).mustDrop, func(s *session, _ request) error { return s.drop() }},
	{FaultAuth, EndClosed, (*session).needsAuth, (*session).demandAuth},
	{FaultAuth, EndClosed, func(s *session, _ request) bool { return s.relay.manners.AuthRestricted },
		closedWith("restricted: not on the list")},
	{FaultNotice, EndNotice, func(s *session, _ request) bool { return s.relay.manners.NoticeOnly },
		func(s *session, _ request) error { return s.notice("this relay does not answer requests") }},
	{FaultClosed, EndClosed, func(s *session, _ request) bool { return s.relay.manners.ClosedPrefix != "" },
		func(s *session, q request) error {
			return s.send("CLOSED", q.sub, s.relay.manners.ClosedPrefix+": this relay does not serve you")
		}},
	{FaultRate, EndClosed, func(s *session, _ request) bool { return !s.rate.take(time.Now()) },
		closedWith("rate-limited: slow down")},
	{FaultRefused, EndClosed, func(s *session, q request) bool { return nth(s.relay.manners.RefuseEvery, q.number) },
		closedWith("error: could not answer this time")},
	{FaultSubs, EndNotice, (*session).tooManySubs,
		func(s *session, _ request) error { return s.notice("ERROR: too many concurrent REQs") }},
}

func closedWith(text string) func(*session, request) error {
	return func(s *session, q request) error { return s.send("CLOSED", q.sub, text) }
}

// refuse answers by a refusal if one applies.
func (s *session) refuse(q request) (refused bool, err error) {
	for _, r := range refusals {
		if !r.applies(s, q) {
			continue
		}
		if r.end != EndDropped { // drop counts itself
			s.ledger.fired(r.fault)
		}
		s.ledger.record(Request{Conn: s.id, Sub: q.sub, Filters: q.filters, End: r.end})
		return true, r.say(s, q)
	}
	return false, nil
}

func (s *session) mustDrop(_ request) bool {
	after := s.relay.manners.DropAfter
	return after > 0 && s.requests > after
}

func (s *session) tooManySubs(q request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, replaces := s.subs[q.sub]
	return !replaces && len(s.subs) >= s.relay.manners.maxSubs()
}

func (m *Manners) maxSubs() int {
	if m.MaxSubs > 0 {
		return m.MaxSubs
	}
	return 1000
}
