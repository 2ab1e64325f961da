package synchronizer

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// errEarly says that a relay sends events behind its EOSE: what it has answered until then may lack some.
var errEarly = errors.New("relay says EOSE too early")

// watch looks for what a relay sends behind the EOSE of its first answer, while other questions are asked. Nothing is handed
// over before it is over (outbox), because an answer that its EOSE ends too early would prove a stretch whose events are
// still under way.
type watch struct {
	late  *collector
	early atomic.Bool
	over  <-chan struct{}
}

// watch has a question watched whose answer goes to the collector.
func (a *asker) watch(request *relay.Request, c *collector) *watch {
	w := &watch{late: newCollector(c.filter, c.largest)}
	w.late.mode, w.late.askedAt, w.late.seen = c.mode, c.askedAt, c.seen
	request.Linger, request.Behind = lingering, w.take
	return w
}

// take judges an event behind the EOSE. One that the relay has received just now belongs there.
func (w *watch) take(raw []byte) {
	if !w.early.Load() && w.late.take(raw) == nil && w.late.old {
		w.early.Store(true)
	}
}

// unsettled says whether the first answer is still watched, which keeps its subscription open.
func (a *asker) unsettled() bool {
	if a.first == nil {
		return false
	}
	select {
	case <-a.first.over:
		return false
	default:
		return true
	}
}

// settle waits until the watch is over; the error is errEarly if it saw something.
func (a *asker) settle(ctx context.Context) error {
	if a.first == nil {
		return nil
	}
	select {
	case <-a.first.over:
	case <-ctx.Done():
		return ctx.Err()
	}
	if a.first.early.Load() {
		return errEarly
	}
	return nil
}
