package simrelay

import (
	"context"
	"encoding/json"
)

// subscription is one open REQ.
type subscription struct {
	request
	matchers []*matcher
	cancel   context.CancelFunc
	prefix   []byte // `["EVENT","<id>",`
	frame    []byte // reused for every frame
}

func (s *session) subscribe(q request) {
	ctx, cancel := context.WithCancel(s.ctx)
	name, _ := json.Marshal(q.sub) // a string always encodes
	sub := &subscription{request: q, matchers: q.matchers(&s.relay.manners), cancel: cancel}
	sub.prefix = append(append([]byte(`["EVENT",`), name...), ',')
	s.unsubscribe(q.sub, nil)
	s.mu.Lock()
	s.subs[q.sub] = sub
	s.mu.Unlock()
	s.done.Go(func() {
		defer s.unsubscribe(q.sub, sub)
		s.serve(ctx, sub)
	})
}

// unsubscribe ends the subscription with this id; if only is given, then only that very one.
func (s *session) unsubscribe(id string, only *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, ok := s.subs[id]
	if only != nil {
		only.cancel()
	}
	if !ok || only != nil && sub != only {
		return
	}
	sub.cancel()
	delete(s.subs, id)
}
