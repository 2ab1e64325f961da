package relay

import (
	"context"
	"fmt"
	"time"
)

// Probe asks for one event of any kind and returns the label of the first frame that only a Nostr relay sends: EVENT,
// EOSE or CLOSED of the subscription, NOTICE, AUTH or OK. Whether it is a relay is decided by what it says and by
// nothing else: silence and a lost connection are an *Error. ctx bounds the wait, 30 s at most.
func (c *Conn) Probe(ctx context.Context) (label string, err error) {
	q := query{conn: c, req: Request{Idle: defaultIdle}, sub: c.nextSub(), start: time.Now()}
	q.watch = c.watch(ctx, q.req.Idle)
	defer q.watch.end()
	if err := c.write(ctx, fmt.Appendf(nil, `["REQ",%q,{"limit":1}]`, q.sub)); err != nil {
		return "", err
	}
	for {
		message, err := c.read()
		if err != nil {
			return "", err
		}
		if frame, err := ScanFrame(message); err == nil && isAnswer(&frame, q.sub) {
			c.keepProbe(ctx, &frame, &q)
			return frame.Label, nil
		}
		if err := q.notNostr(); err != nil {
			return "", err
		}
	}
}

func isAnswer(frame *Frame, sub string) bool {
	switch frame.Label {
	case "EVENT", "EOSE", "CLOSED":
		return frame.N > 0 && frame.Is(0, sub)
	case "NOTICE", "AUTH":
		return frame.N > 0 && frame.Text(0) != ""
	case "OK":
		return frame.N > 1
	}
	return false
}

func (c *Conn) keepProbe(ctx context.Context, frame *Frame, q *query) {
	if frame.Label == "AUTH" {
		c.keepChallenge(frame)
	}
	if frame.Label != "CLOSED" {
		q.closeSub(ctx, nil)
	}
}
