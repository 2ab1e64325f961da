package simrelay

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
)

// NegLie is how a relay's reconciliation misleads.
type NegLie int

// The lies; each looks like a good answer until something is fetched or asked in another way.
const (
	NegHonest  NegLie = iota
	NegOmits          // a tenth of what it holds is never offered
	NegInvents        // offers, for a tenth of what it holds, an id that nobody can fetch
	NegGarbles        // answers in something that is not hex
)

// lieShare of the events is omitted, or has an invented neighbour.
const lieShare = 0.1

// negFrame is the limit of strfry.
const negFrame = 500_000

// countNeg enters one message of a reconciliation, in either direction.
func (s *session) countNeg(in, out int) {
	s.ledger.count(func(t *Totals) {
		if in > 0 {
			t.NegIn++
		}
		if out > 0 {
			t.NegOut++
		}
		t.NegBytesIn += int64(in)
		t.NegBytesOut += int64(out)
	})
}

// neg wraps a verb of NIP-77 for relays that do not know it.
func neg(do func(*session, []json.RawMessage) error) func(*session, []json.RawMessage) error {
	return func(s *session, parts []json.RawMessage) error {
		s.countNeg(s.size, 0)
		if !s.relay.manners.Negentropy {
			s.ledger.firedIf(s.relay.manners.NegentropyFalsely, FaultNegFalsely)
			return s.notice("error: unknown message")
		}
		return do(s, parts)
	}
}

// handleNegOpen begins a reconciliation, in place of an open one with the same id. Its ids are not those of REQ.
func (s *session) handleNegOpen(parts []json.RawMessage) error {
	if len(parts) != 3 {
		return s.notice("error: NEG-OPEN needs an id, a filter and a message")
	}
	q, err := parseRequest(parts[:2])
	if err != nil {
		return s.negErr(q.sub, "error: "+err.Error())
	}
	s.requests++
	q.drop = s.countAsked()
	if s.mustDrop(q) {
		return s.drop()
	}
	delete(s.negs, q.sub)
	if s.relay.manners.NoticeOnly {
		s.ledger.fired(FaultNotice)
		return s.notice("this relay does not answer requests")
	}
	if why := s.negRefusal(q); why != "" {
		return s.negErr(q.sub, why)
	}
	if !s.pause(s.ctx, s.relay.manners.Delay) {
		return errDropped
	}
	return s.negStart(q, parts[2])
}

// negRefusal is why a reconciliation is not begun: what refuses a REQ refuses it too.
func (s *session) negRefusal(q request) string {
	m := &s.relay.manners
	switch {
	case s.needsAuth(q):
		s.ledger.fired(FaultAuth)
		s.challengeClient()
		return "auth-required: prove who you are"
	case m.AuthRestricted:
		s.ledger.fired(FaultAuth)
		return "restricted: not on the list"
	case m.ClosedPrefix != "":
		s.ledger.fired(FaultClosed)
		return m.ClosedPrefix + ": this relay does not serve you"
	case !s.rate.take(time.Now()):
		s.ledger.fired(FaultRate)
		return "rate-limited: slow down"
	case len(s.negs) >= m.maxSubs():
		s.ledger.fired(FaultSubs)
		return "blocked: too many reconciliations"
	}
	return ""
}

func (s *session) negStart(q request, message json.RawMessage) error {
	m := &s.relay.manners
	items := s.relay.store.matching(q.matchers(m.uncapped())[0])
	if m.NegentropyMax > 0 && len(items) > m.NegentropyMax {
		s.ledger.fired(FaultNegMax)
		return s.write(s.countedFrame("NEG-ERR", q.sub, "blocked: too many records", m.NegentropyMax))
	}
	if m.NegentropyNewest > 0 && len(items) > m.NegentropyNewest {
		s.ledger.fired(FaultNegNewest)
		items = items[:m.NegentropyNewest]
	}
	frame := m.NegentropyFrame
	if frame == 0 {
		frame = negFrame
	}
	set := negentropy.NewSet(s.negItems(items))
	s.negs[q.sub] = negentropy.NewServer(set, negentropy.Limits{FrameBytes: frame})
	return s.negAnswer(q.sub, message)
}

// negItems is what the relay pretends to hold: hidden events too, as in a COUNT.
func (s *session) negItems(items []*item) []negentropy.Item {
	lie := s.relay.manners.NegentropyLies
	list := make([]negentropy.Item, 0, len(items))
	for _, it := range items {
		picked := (lie == NegOmits || lie == NegInvents) && chosen(it.ev.ID, s.relay.seed+3, lieShare)
		s.ledger.firedIf(picked, FaultNegLie)
		if picked && lie == NegOmits {
			continue
		}
		list = append(list, negentropy.Item{CreatedAt: it.ev.CreatedAt, ID: it.ev.ID})
		if picked {
			list = append(list, negentropy.Item{CreatedAt: it.ev.CreatedAt, ID: invented(it.ev.ID)})
		}
	}
	return list
}

func invented(id event.ID) event.ID {
	for i := range id {
		id[i] ^= 0xff
	}
	return id
}

// handleNegMsg goes on with an open reconciliation.
func (s *session) handleNegMsg(parts []json.RawMessage) error {
	var sub string
	if len(parts) != 2 || json.Unmarshal(parts[0], &sub) != nil {
		return s.notice("error: NEG-MSG needs an id and a message")
	}
	if s.negs[sub] == nil {
		return s.negErr(sub, "closed: unknown reconciliation")
	}
	return s.negAnswer(sub, parts[1])
}

func (s *session) handleNegClose(parts []json.RawMessage) error {
	var sub string
	if json.Unmarshal(parts[0], &sub) == nil {
		delete(s.negs, sub)
	}
	return nil
}

func (s *session) negAnswer(sub string, quoted json.RawMessage) error {
	var text string
	message, err := []byte(nil), json.Unmarshal(quoted, &text)
	if err == nil {
		message, err = hex.DecodeString(text)
	}
	var reply []byte
	if err == nil {
		reply, err = s.negs[sub].Answer(message)
	}
	if err != nil {
		return s.negErr(sub, "error: malformed message")
	}
	text = hex.EncodeToString(reply)
	if s.relay.manners.NegentropyLies == NegGarbles {
		s.ledger.fired(FaultNegLie)
		text += "not hex"
	}
	return s.write(s.countedFrame("NEG-MSG", sub, text))
}

// negErr ends a reconciliation.
func (s *session) negErr(sub, why string) error {
	delete(s.negs, sub)
	return s.write(s.countedFrame("NEG-ERR", sub, why))
}

// countedFrame is one message of NIP-77 on its way out.
func (s *session) countedFrame(parts ...any) []byte {
	frame, _ := json.Marshal(parts) // strings and numbers always encode
	s.countNeg(0, len(frame))
	return frame
}

// matching returns all items of one filter, newest first, hidden ones too.
func (s *store) matching(c *matcher) []*item {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, _ := s.scan(c, NewestFirst, 0)
	return found
}
