package simrelay

import (
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/coder/websocket"
)

// serve runs one subscription: stored events, the end of the answer, then live events until ctx ends.
func (s *session) serve(ctx context.Context, sub *subscription) {
	m := &s.relay.manners
	if !s.pause(ctx, m.Delay) {
		return
	}
	if m.EndlessStream {
		s.stream(ctx, sub)
		return
	}
	p := s.relay.store.page(sub.matchers, m, s.relay.seed+uint64(sub.number))
	if nth(m.EmptyEvery, sub.number) || m.EmptyAfter > 0 && sub.number > m.EmptyAfter {
		s.ledger.firedIf(len(p.items) > 0, FaultEmpty)
		p.items, p.more = nil, false
	}
	a := &answer{session: s, sub: sub, record: Request{Conn: s.id, Sub: sub.sub, Filters: sub.filters, Hidden: p.hidden, More: p.more}}
	rest := p.behindEOSE(m)
	if !a.stored(ctx, p) || !a.finish(p) || !a.afterwards(ctx, rest) {
		return
	}
	s.follow(ctx, sub, p.at)
}

// pause waits and reports whether ctx still holds.
func (s *session) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	s.ledger.fired(FaultDelayed)
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// answer is the stored phase of one subscription on its way out.
type answer struct {
	*session
	sub    *subscription
	record Request
	frames int
	events int
}

// stored sends the page and reports whether the answer may be finished.
func (a *answer) stored(ctx context.Context, p page) bool {
	m := &a.relay.manners
	a.note(p)
	if m.FrameDelay == 0 {
		a.wire.cork()
		defer a.wire.uncork()
	}
	defer a.tally()
	a.before(m)
	cut := m.cutAt(len(p.items), a.sub.number)
	a.record.Sent = make([]event.ID, 0, len(p.items))
	for i, it := range p.items {
		if i == cut {
			break
		}
		if !a.step(ctx, m, it) {
			return a.end(EndClient)
		}
	}
	switch {
	case cut >= 0 && cut == m.CutAfter:
		a.ledger.fired(FaultCut)
		_ = a.send("CLOSED", a.sub.sub, "error: answer is too long")
		return a.end(EndClosed)
	case cut >= 0:
		_ = a.drop()
		return a.end(EndDropped)
	}
	return a.outside(m)
}

// cutAt is at which of n events an answer is cut off, -1 for none.
func (m *Manners) cutAt(n, number int) int {
	switch {
	case m.CutAfter > 0 && n > m.CutAfter:
		return m.CutAfter
	case nth(m.DropMidAnswerEvery, number):
		return (n + 1) / 2
	}
	return -1
}

// behindEOSE takes the events off a page that are sent too late.
func (p *page) behindEOSE(m *Manners) []*item {
	if m.EarlyEOSE == 0 {
		return nil
	}
	stay := max(len(p.items)-m.EarlyEOSE, 0)
	rest := p.items[stay:]
	p.items = p.items[:stay]
	return rest
}

// afterwards sends the events that belong before the EOSE.
func (a *answer) afterwards(ctx context.Context, late []*item) bool {
	if len(late) > 0 && a.relay.manners.EarlyEOSEPause > 0 && !a.pause(ctx, a.relay.manners.EarlyEOSEPause) {
		return false
	}
	for _, it := range late {
		a.ledger.fired(FaultEarlyEOSE)
		if ctx.Err() != nil || !a.event(it) {
			return false
		}
	}
	return true
}

// step sends one event of the page, once or twice.
func (a *answer) step(ctx context.Context, m *Manners, it *item) bool {
	if m.FrameDelay > 0 && !a.pause(ctx, m.FrameDelay) || ctx.Err() != nil {
		return false
	}
	if !a.event(it) {
		return false
	}
	if !it.forged && !it.raw {
		a.record.Sent = append(a.record.Sent, it.ev.ID)
	}
	a.ledger.firedIf(it.forged, FaultForged)
	if m.Duplicates {
		a.ledger.fired(FaultDuplicate)
		return a.event(it)
	}
	return true
}

// event writes one EVENT frame without counting it in the ledger: tally does that once per answer.
func (a *answer) event(it *item) bool {
	n, err := a.sub.write(a.ws, it, a.relay.manners.NewlineFrames)
	a.frames, a.events, a.record.Bytes = a.frames+1, a.events+1, a.record.Bytes+int64(n)
	return err == nil
}

func (sub *subscription) write(ws *websocket.Conn, it *item, newline bool) (int, error) {
	sub.frame = append(append(append(sub.frame[:0], sub.prefix...), it.json...), ']')
	if newline {
		sub.frame = append(sub.frame, '\n')
	}
	return len(sub.frame), ws.Write(context.Background(), websocket.MessageText, sub.frame)
}

func (a *answer) tally() {
	a.ledger.count(func(t *Totals) { t.Frames += a.frames; t.Events += a.events; t.Bytes += a.record.Bytes })
}

func (a *answer) end(how End) bool {
	a.record.End = how
	a.ledger.record(a.record)
	return false
}

// note counts the manners that shaped the page.
func (a *answer) note(p page) {
	m := &a.relay.manners
	a.ledger.firedIf(p.capped, FaultCapped)
	a.ledger.firedIf(m.IgnoreLimit, FaultNoLimit)
	a.ledger.firedIf(p.hidden > 0, FaultHidden)
	a.ledger.firedIf(m.Order != NewestFirst && len(p.items) > 1, FaultOrder)
	a.ledger.firedIf(m.UntilExclusive || m.SinceExclusive || m.IgnoreSince || m.IgnoreUntil || m.Times32, FaultBounds)
}

// finish sends EOSE, or not.
func (a *answer) finish(p page) bool {
	m := &a.relay.manners
	if nth(m.LoseEOSEEvery, a.sub.number) || m.LoseEOSEOnReuse && a.sub.reused {
		a.ledger.fired(FaultLostEOSE)
		a.end(EndSilent)
		return true
	}
	a.end(EndEOSE)
	switch {
	case m.HintLies:
		a.ledger.firedIf(p.more, FaultHintLie)
		return a.send("EOSE", a.sub.sub, "finish") == nil
	case !m.FinishHint:
		return a.send("EOSE", a.sub.sub) == nil
	case p.more:
		return a.send("EOSE", a.sub.sub, "more") == nil
	}
	return a.send("EOSE", a.sub.sub, "finish") == nil
}
