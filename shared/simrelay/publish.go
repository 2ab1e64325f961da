package simrelay

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// kindAuth is the event kind of a NIP-42 answer; it is never stored.
const kindAuth = 22242

// authSkew is how far the time of an AUTH event may be from now.
const authSkew = 10 * time.Minute

func (s *session) needsAuth(_ request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.relay.manners.AuthOnly && !s.authed
}

// proved says whether the client proved a key.
func (s *session) proved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authed
}

// zeroBits are the leading ones of an id.
func zeroBits(id event.ID) int {
	return 256 - new(big.Int).SetBytes(id[:]).BitLen()
}

// demandAuth sends the challenge, unless the client has it, and refuses.
func (s *session) demandAuth(q request) error {
	s.challengeClient()
	return s.send("CLOSED", q.sub, "auth-required: prove who you are")
}

func (s *session) challengeClient() {
	s.mu.Lock()
	first := s.challenge == ""
	if first {
		s.challenge = rand.Text()
	}
	challenge := s.challenge
	s.mu.Unlock()
	if first {
		_ = s.send("AUTH", challenge) // the refusal that follows meets the same socket
	}
}

func (s *session) handleAuth(parts []json.RawMessage) error {
	ev, err := event.Parse(parts[0])
	if err != nil || !ev.CheckSignature() {
		return s.notice("invalid: AUTH is no valid event")
	}
	if why := s.checkAuth(&ev); why != "" {
		return s.send("OK", ev.ID.String(), false, "invalid: "+why)
	}
	s.mu.Lock()
	s.authed = true
	s.mu.Unlock()
	return s.send("OK", ev.ID.String(), true, "")
}

func (s *session) checkAuth(ev *event.Event) string {
	if ev.Kind != kindAuth {
		return "wrong kind"
	}
	if d := time.Since(time.Unix(ev.CreatedAt, 0)); d > authSkew || d < -authSkew {
		return "wrong time"
	}
	tags := map[string]string{}
	for _, t := range ev.DecodeTags() {
		if len(t) >= 2 {
			tags[t[0]] = t[1]
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.challenge == "" || tags["challenge"] != s.challenge {
		return "wrong challenge"
	}
	if url := s.relay.URL(); tags["relay"] != url && tags["relay"] != url+"/" {
		return "wrong relay"
	}
	return ""
}

// handleEvent accepts a published event as NIP-01 asks: always one OK, ephemeral kinds are shown and not stored.
func (s *session) handleEvent(parts []json.RawMessage) error {
	s.ledger.count(func(t *Totals) { t.Writes++ })
	ev, err := event.Parse(parts[0])
	if err != nil {
		id, _ := event.ScanID(parts[0])
		return s.send("OK", id.String(), false, "invalid: not a valid event")
	}
	accepted, text := s.accept(ev)
	return s.send("OK", ev.ID.String(), accepted, text)
}

func (s *session) accept(ev event.Event) (accepted bool, text string) {
	switch {
	case s.needsAuth(request{}), s.relay.manners.AuthToWrite && !s.proved():
		s.challengeClient()
		s.ledger.firedIf(s.relay.manners.AuthToWrite, FaultAuth)
		return false, "auth-required: prove who you are"
	case s.relay.manners.RejectWrites != "":
		s.ledger.fired(FaultRejected)
		return false, s.relay.manners.RejectWrites + ": this relay does not take your events"
	case zeroBits(ev.ID) < s.relay.manners.MinPow:
		s.ledger.fired(FaultPow)
		return false, fmt.Sprintf("pow: difficulty %d is less than %d", zeroBits(ev.ID), s.relay.manners.MinPow)
	case !ev.CheckSignature():
		return false, "invalid: wrong signature"
	case ev.Kind == kindAuth:
		return false, "invalid: AUTH events are not stored"
	case s.relay.published.Add(1) > maxPublished:
		return false, "error: this relay is full"
	case event.Classify(ev.Kind) == event.Ephemeral:
		s.relay.store.broadcast(s.relay.newItem(ev))
		return true, ""
	case s.relay.Add(ev) == 0:
		return true, "duplicate: already have this event"
	}
	return true, ""
}
