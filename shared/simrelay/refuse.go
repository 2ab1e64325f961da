package simrelay

import (
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

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
	{FaultMaxLimit, EndClosed, anyFilter(tooHighLimit), closedWith("invalid: limit is too high")},
	{FaultMaxSpan, EndClosed, anyFilter(tooLongSpan), closedWith("invalid: time range is too long")},
	{FaultMaxList, EndNotice, anyFilter(tooLongList), func(s *session, _ request) error { return s.notice("invalid: list is too long") }},
	{FaultNameless, EndClosed, anyFilter(nameless), closedWith("ERROR: bad req: filter needs authors, #p or #e")},
	{FaultMaxFilters, EndClosed, func(s *session, q request) bool { n := s.relay.manners.MaxFilters; return n > 0 && len(q.filters) > n },
		closedWith("invalid: too many filters")},
	{FaultNoSearch, EndClosed, (*session).mustNotSearch, closedWith("unsupported: no search")},
	{FaultRate, EndClosed, func(s *session, _ request) bool { return !s.rate.take(time.Now()) }, (*session).slowDown},
	{FaultRefused, EndClosed, func(s *session, q request) bool { return nth(s.relay.manners.RefuseEvery, q.number) },
		closedWith("error: could not answer this time")},
	{FaultEmptyClosed, EndClosed, func(s *session, q request) bool { return nth(s.relay.manners.EmptyClosedEvery, q.number) },
		closedWith("something went wrong")},
	{FaultSubs, EndNotice, (*session).tooManySubs,
		func(s *session, _ request) error { return s.notice("ERROR: too many concurrent REQs") }},
}

func closedWith(text string) func(*session, request) error {
	return func(s *session, q request) error { return s.send("CLOSED", q.sub, text) }
}

func (s *session) slowDown(q request) error {
	if s.relay.manners.RateNotice {
		return s.notice("rate limited")
	}
	return s.send("CLOSED", q.sub, "rate-limited: slow down")
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

// anyFilter applies a condition to the filters of a request.
func anyFilter(is func(*Manners, *event.Filter) bool) func(*session, request) bool {
	return func(s *session, q request) bool {
		return slices.ContainsFunc(q.filters, func(f event.Filter) bool { return is(&s.relay.manners, &f) })
	}
}

func tooHighLimit(m *Manners, f *event.Filter) bool {
	return m.MaxLimit > 0 && f.Limit != nil && *f.Limit > m.MaxLimit
}

func nameless(m *Manners, f *event.Filter) bool {
	return m.NeedsNames && len(f.IDs)+len(f.Authors)+len(f.Tags['p'])+len(f.Tags['e']) == 0
}

func tooLongSpan(m *Manners, f *event.Filter) bool {
	since, until := int64(0), time.Now().Unix()
	if f.Since != nil {
		since = *f.Since
	}
	if f.Until != nil {
		until = *f.Until
	}
	return m.MaxSpan > 0 && f.IDs == nil && until-since > int64(m.MaxSpan/time.Second)
}

func tooLongList(m *Manners, f *event.Filter) bool {
	return m.MaxList > 0 && max(len(f.IDs), len(f.Authors), len(f.Kinds)) > m.MaxList
}

func (s *session) mustNotSearch(q request) bool {
	return s.relay.manners.RefuseSearch && slices.ContainsFunc(q.filters, func(f event.Filter) bool { return f.Search != "" })
}

func (s *session) mustDrop(q request) bool {
	after := s.relay.manners.DropAfter
	return q.drop || after > 0 && s.requests > after
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
