package relay

import (
	"context"
	"fmt"
)

// Probe asks for one event of any kind and returns the label of the first frame that only a Nostr relay sends: EVENT,
// EOSE or CLOSED of the subscription, NOTICE, AUTH or OK. Whether it is a relay is decided by what it says and by
// nothing else: silence and a lost connection are an *Error. ctx bounds the wait, 30 s at most.
func (c *Conn) Probe(ctx context.Context) (label string, err error) {
	q := &question{id: c.nextSub(), idle: defaultIdle}
	q.take = func(frame *Frame) error {
		switch label = frame.Label; label {
		case "EVENT", "EOSE", "CLOSED":
			q.closed = label == "CLOSED"
			return errEnd
		}
		return errStray
	}
	q.hears = func(frame *Frame) bool {
		label = frame.Label
		return saidByRelays(frame)
	}
	if err := c.ask(ctx, q, fmt.Appendf(nil, `["REQ",%q,{"limit":1}]`, q.id)); err != nil {
		return "", err
	}
	q.bye(ctx, "CLOSE")
	return label, nil
}

// saidByRelays judges a frame without a subscription id.
func saidByRelays(frame *Frame) bool {
	switch frame.Label {
	case "NOTICE", "AUTH":
		return frame.Text(0) != ""
	case "OK":
		return frame.N > 1
	}
	return false
}
