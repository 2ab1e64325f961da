package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Request is one question for stored events (NIP-01 REQ) with one filter.
type Request struct {
	Filter    event.Filter
	Idle      time.Duration // the longest time without a whole frame of this answer, default 30 s; pings do not count
	MaxEvents int           // more events than this are a flood; 0: no bound
	Linger    time.Duration // how long after EOSE, or the last event behind it, more is waited for; 0: not at all
	Behind    func([]byte)  // takes what comes within Linger after EOSE, when Query has returned; nil: Query waits for it
}

// Answer is what a question brought. It is complete only if Query returned no error. Frames that belong to no question
// are counted once, with the newest of those that are open.
type Answer struct {
	Events     int           // events of the subscription, duplicates included
	InTime     int           // those that came before EOSE
	Bytes      int           // bytes of all frames received
	Sent       int           // bytes of our own messages
	Ignored    int           // frames of no subscription, and malformed ones
	Malformed  int           // frames among them that were not JSON or not Nostr
	Hint       string        // NIP-67: "finish", "more" or ""
	Notice     string        // the first NOTICE beside the answer, cut at 200 bytes
	FirstFrame time.Duration // from the REQ to the first frame of the subscription
	Took       time.Duration // from the REQ to the end

	Settled <-chan struct{} // closed when Behind is called no more; nil without it
}

// Query asks for stored events and hands each one over as raw bytes in order of arrival. The bytes are the relay's: not
// parsed, not checked against the filter, and valid during the call only. Nothing is read while each runs.
//
// It returns nil after EOSE and nothing else: CLOSED, a NOTICE in place of an answer, silence, a flood and a lost
// connection are an *Error, and an error of each ends the subscription and is returned as it is. With Linger it goes on after
// EOSE until nothing comes for that long, whatever ends it: some relays say EOSE too early. With Behind it returns at EOSE
// and the subscription stays open for that long, so that other questions may be asked meanwhile. The subscription gets an
// id of its own and is closed behind itself. After ctx or Idle ended a question the connection is closed, with everything
// on it.
//
// As an example, EVENT a, NOTICE, EVENT b, EOSE is an answer of two events with a notice; NOTICE and then nothing is
// ClassNotice.
func (c *Conn) Query(ctx context.Context, req Request, each func(raw []byte) error) (Answer, error) {
	filter, err := json.Marshal(&req.Filter)
	if err != nil {
		return Answer{}, fmt.Errorf("write filter: %w", err)
	}
	q := &question{id: c.nextSub(), idle: idleOr(req.Idle), linger: req.Linger}
	if req.Behind != nil {
		q.behind, q.answered = req.Behind, make(chan struct{})
	}
	q.take = func(frame *Frame) error { return q.stored(frame, req.MaxEvents, each) }
	err = c.ask(ctx, q, fmt.Appendf(nil, `["REQ",%q,%s]`, q.id, filter))
	if q.behind == nil || err != nil {
		q.bye(ctx, "CLOSE")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return q.answer, err
}

func idleOr(idle time.Duration) time.Duration {
	if idle <= 0 {
		return defaultIdle
	}
	return idle
}

// stored takes a frame of a subscription before its EOSE.
func (q *question) stored(frame *Frame, most int, each func([]byte) error) error {
	switch frame.Label {
	case "EVENT":
		raw := frame.Args[1]
		if len(raw) == 0 || raw[0] != '{' {
			return errMalformed
		}
		if q.behind != nil && q.live {
			q.behind(raw)
			return nil
		}
		if q.answer.Events++; most > 0 && q.answer.Events > most {
			return &Error{Class: ClassFlood}
		}
		return each(raw)
	case "EOSE":
		return q.eose(frame)
	case "CLOSED":
		if q.lingers {
			q.closed = true
			return errEnd
		}
		return q.refused(frame)
	}
	return errStray
}

// eose ends the stored events, and the question unless more is waited for.
func (q *question) eose(frame *Frame) error {
	if q.lingers || q.live {
		return errStray
	}
	q.answer.Hint, q.answer.InTime = eoseHint(frame), q.answer.Events
	if q.linger <= 0 {
		return errEnd
	}
	c := q.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case q.ended:
	case q.behind != nil:
		c.forgive()
		q.answer.Took, q.answer.Settled, q.live = c.now()-q.begun, q.done, true
		q.timer.Stop()
		time.AfterFunc(q.linger, q.leave)
		close(q.answered)
	default:
		q.lingers, q.idle, q.allowed = true, q.linger, q.linger
		q.timer.Reset(q.linger)
	}
	return nil
}

// refused is a CLOSED, after which the relay knows nothing of the subscription.
func (q *question) refused(frame *Frame) error {
	q.closed = true
	text := frame.Text(1)
	return &Error{Class: ClassClosed, Prefix: machinePrefix(text), Text: cut(text)}
}

// eoseHint reads NIP-67; a hint that nobody knows says nothing.
func eoseHint(frame *Frame) string {
	for _, hint := range [...]string{"finish", "more"} {
		if frame.N > 1 && frame.Is(1, hint) {
			return hint
		}
	}
	return ""
}
