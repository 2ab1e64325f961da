package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

var errNoFilter = errors.New("follow: no filter")

// Live is a subscription that stays open after its EOSE.
type Live struct {
	q      *question
	each   func([]byte)
	opened chan struct{}
}

// Follow opens a live subscription with all filters in one REQ and returns after its EOSE. Every event, stored ones before
// it and new ones from then on, is given to each as Query does: raw, valid during the call, and nothing is read while each
// runs. idle bounds the silence before EOSE (default 30 s), not after it. Errors are those of Query. ctx bounds the
// opening; afterwards the subscription lives until it or its connection is closed, or the relay ends it.
func (c *Conn) Follow(ctx context.Context, filters []event.Filter, idle time.Duration, each func(raw []byte)) (*Live, error) {
	if len(filters) == 0 {
		return nil, errNoFilter
	}
	q := &question{id: c.nextSub(), idle: idleOr(idle)}
	message := fmt.Appendf(nil, `["REQ",%q`, q.id)
	for i := range filters {
		filter, err := json.Marshal(&filters[i])
		if err != nil {
			return nil, fmt.Errorf("write filter: %w", err)
		}
		message = append(append(message, ','), filter...)
	}
	l := &Live{q: q, each: each, opened: make(chan struct{})}
	q.take = l.take
	if err := c.begin(ctx, q); err != nil {
		return nil, err
	}
	defer q.stop()
	q.say(ctx, append(message, ']'))
	select {
	case <-q.done:
	case <-l.opened:
	}
	select {
	case <-l.opened: // it may have ended since
		return l, nil
	default:
		q.bye(context.Background(), "CLOSE")
		return nil, q.err
	}
}

func (l *Live) take(frame *Frame) error {
	err := l.q.stored(frame, 0, func(raw []byte) error { l.each(raw); return nil })
	if err != errEnd {
		return err
	}
	return l.open()
}

// open makes the subscription live at its first EOSE.
func (l *Live) open() error {
	c := l.q.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.q.live {
		return errStray
	}
	c.forgive()
	l.q.live = true
	l.q.timer.Stop()
	close(l.opened)
	return nil
}

// Done is closed when the subscription has ended and its function does not run any more.
func (l *Live) Done() <-chan struct{} { return l.q.done }

// Err is why the subscription ended: a *Error of ClassClosed when the relay closed it, that of the connection when it was
// lost. It is nil before the end and after Close.
func (l *Live) Err() error {
	l.q.conn.mu.Lock()
	defer l.q.conn.mu.Unlock()
	return l.q.err
}

// Close ends the subscription, not the connection. It does not wait for its function, so it may be called from there;
// whoever needs that waits for Done. A closed subscription may be closed again.
func (l *Live) Close() { l.q.leave() }
