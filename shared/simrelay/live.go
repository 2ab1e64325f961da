package simrelay

import "context"

// follow sends matching events as they arrive.
func (s *session) follow(ctx context.Context, sub *subscription, at int) {
	for {
		fresh, more := s.relay.store.since(at)
		at += len(fresh)
		for _, it := range fresh {
			if it.hidden || it.removed.Load() || !sub.matches(it) {
				continue
			}
			if ctx.Err() != nil || !s.live(sub, it) {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-more:
		}
	}
}

func (s *session) live(sub *subscription, it *item) bool {
	n, err := sub.write(s.ws, it, s.relay.manners.NewlineFrames)
	s.ledger.count(func(t *Totals) { t.Frames++; t.Events++; t.Bytes += int64(n) })
	if !it.forged && !it.raw {
		s.ledger.sentLive(it.ev.ID)
	}
	return err == nil
}

// stream sends stored events in circles, matching or not, until the client leaves.
func (s *session) stream(ctx context.Context, sub *subscription) {
	s.ledger.fired(FaultEndless)
	s.ledger.record(Request{Conn: s.id, Sub: sub.sub, Filters: sub.filters, End: EndEndless})
	items := s.relay.store.all()
	if len(items) == 0 {
		items = []*item{{raw: true, json: []byte(`{"id":"nothing"}`)}}
	}
	for i := 0; ctx.Err() == nil; i++ {
		n, err := sub.write(s.ws, items[i%len(items)], false)
		if err != nil {
			return
		}
		s.ledger.count(func(t *Totals) { t.Frames++; t.Events++; t.Bytes += int64(n) })
	}
}

func (sub *subscription) matches(it *item) bool {
	for _, c := range sub.matchers {
		if c.matches(it) {
			return true
		}
	}
	return false
}
