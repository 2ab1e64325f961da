package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

const (
	defaultIdle  = 30 * time.Second
	maxChallenge = 1 << 10
	maxNoticeFor = 5 * time.Second // how long an answer may still come after a NOTICE
)

// Request is one question for stored events (NIP-01 REQ) with one filter.
type Request struct {
	Filter    event.Filter
	Idle      time.Duration // the longest time without a whole frame of this answer, default 30 s; pings do not count
	MaxEvents int           // more events than this are a flood; 0: no bound
}

// Answer is what a question brought. It is complete only if Query returned no error.
type Answer struct {
	Events     int           // events of the subscription, duplicates included
	Bytes      int           // bytes of all frames
	Ignored    int           // frames of no or another subscription, and malformed ones
	Hint       string        // NIP-67: "finish", "more" or ""
	Notice     string        // the first NOTICE beside the answer, cut at 200 bytes
	FirstFrame time.Duration // from the REQ to the first frame of the subscription
	Took       time.Duration // from the REQ to the end
}

// Query asks for stored events and hands each one over as raw bytes in order of arrival. The bytes are the relay's: not
// parsed, not checked against the filter, and valid during the call only. Nothing is read while each runs.
//
// It returns nil after EOSE and nothing else: CLOSED, a NOTICE in place of an answer, silence, a flood and a lost
// connection are an *Error, and an error of each ends the subscription and is returned as it is. The subscription gets an
// id of its own and is closed behind itself. After ctx or Idle ended a question the connection is closed.
//
// As an example, EVENT a, NOTICE, EVENT b, EOSE is an answer of two events with a notice; NOTICE and then nothing is
// ClassNotice.
func (c *Conn) Query(ctx context.Context, req Request, each func(raw []byte) error) (Answer, error) {
	filter, err := json.Marshal(&req.Filter)
	if err != nil {
		return Answer{}, fmt.Errorf("write filter: %w", err)
	}
	if req.Idle <= 0 {
		req.Idle = defaultIdle
	}
	q := query{conn: c, req: req, each: each, sub: c.nextSub(), start: time.Now()}
	q.watch = c.watch(ctx, req.Idle)
	defer q.watch.end()
	if err := c.write(ctx, fmt.Appendf(nil, `["REQ",%q,%s]`, q.sub, filter)); err != nil {
		return Answer{}, err
	}
	err = q.run()
	q.answer.Took = time.Since(q.start)
	q.closeSub(ctx, err)
	return q.answer, err
}

// nextSub never repeats an id on a connection: a relay may mix up the ends of two subscriptions with the same one.
func (c *Conn) nextSub() string {
	c.subs++
	return "b" + strconv.FormatUint(c.subs, 36)
}

// query is one subscription until its end.
type query struct {
	conn      *Conn
	watch     *watch
	req       Request
	each      func([]byte) error
	sub       string
	start     time.Time
	answer    Answer
	challenge bool
	malformed int
}

var errEnd = errors.New("end of stored events")

func (q *query) run() error {
	for {
		message, err := q.conn.read()
		if err != nil {
			return q.explain(err)
		}
		q.answer.Bytes += len(message)
		if err := q.take(message); err == errEnd {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (q *query) take(message []byte) error {
	frame, err := ScanFrame(message)
	switch {
	case err != nil:
		return q.notNostr()
	case frame.Label == "NOTICE":
		return q.notice(&frame)
	case frame.Label == "AUTH":
		q.challenge = true
		q.conn.keepChallenge(&frame)
		return q.ignore()
	case frame.N == 0 || q.sub == "" || !frame.Is(0, q.sub):
		return q.ignore()
	}
	q.watch.rest()
	defer q.watch.alive()
	if q.answer.FirstFrame == 0 {
		q.answer.FirstFrame = time.Since(q.start)
	}
	return q.own(&frame)
}

// own takes a frame of our subscription.
func (q *query) own(frame *Frame) error {
	switch frame.Label {
	case "EVENT":
		return q.event(frame.Args[1])
	case "EOSE":
		q.answer.Hint = eoseHint(frame)
		return errEnd
	case "CLOSED":
		text := frame.Text(1)
		return &Error{Class: ClassClosed, Prefix: machinePrefix(text), Text: cut(text)}
	}
	return q.ignore()
}

func (q *query) event(raw []byte) error {
	if len(raw) == 0 || raw[0] != '{' {
		return q.notNostr()
	}
	if q.answer.Events++; q.req.MaxEvents > 0 && q.answer.Events > q.req.MaxEvents {
		return &Error{Class: ClassFlood}
	}
	return q.each(raw)
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

// notice waits a little longer: a NOTICE is chatter if an answer follows, and a refusal without a subscription id
// otherwise.
func (q *query) notice(frame *Frame) error {
	if q.answer.Notice == "" {
		q.answer.Notice = cut(frame.Text(0))
		if q.answer.Notice == "" {
			q.answer.Notice = "empty"
		}
		if q.answer.FirstFrame == 0 {
			q.watch.within(min(q.req.Idle/4, maxNoticeFor))
		}
	}
	return q.ignore()
}

func (q *query) notNostr() error {
	if q.malformed++; q.malformed > maxMalformed {
		return &Error{Class: ClassMalformed}
	}
	return q.ignore()
}

func (q *query) ignore() error {
	if q.answer.Ignored++; q.answer.Ignored > maxIgnored {
		return &Error{Class: ClassFlood}
	}
	return nil
}

// explain says what silence meant: after a NOTICE or a challenge it was a refusal.
func (q *query) explain(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != ClassTimeout || q.answer.FirstFrame != 0 {
		return err
	}
	switch {
	case q.answer.Notice != "":
		return &Error{Class: ClassNotice, Prefix: machinePrefix(q.answer.Notice), Text: q.answer.Notice, Err: e.Err}
	case q.challenge:
		return &Error{Class: ClassAuth, Err: e.Err}
	}
	return err
}

// closeSub tells the relay that we are done with the subscription, unless the relay said so itself or the connection is
// gone. What comes of it does not change the answer.
func (q *query) closeSub(ctx context.Context, err error) {
	if e, ok := errors.AsType[*Error](err); ok && e.Class != ClassFlood && e.Class != ClassMalformed {
		return
	}
	_ = q.conn.write(ctx, fmt.Appendf(nil, `["CLOSE",%q]`, q.sub))
}

func (c *Conn) keepChallenge(frame *Frame) {
	if text := frame.Text(0); text != "" && len(text) <= maxChallenge {
		c.challenge = text
	}
}
