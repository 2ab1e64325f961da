package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"
)

const (
	defaultIdle  = 30 * time.Second
	maxNoticeFor = 5 * time.Second        // how long an answer may still come after a NOTICE
	optionalFor  = 100 * time.Millisecond // the same, where the NOTICE is most likely a refusal
	heldUp       = 50 * time.Millisecond  // until silence looks again while a function holds the reader up
)

// What take says of a frame, beside an error that ends the question.
var (
	errEnd       = errors.New("end of the answer")
	errStray     = errors.New("frame is no part of the answer")
	errMalformed = errors.New("frame is not Nostr")
)

// question is something that waits for frames until its end: a subscription, an event that wants its OK, or someone who
// only needs the connection to be read. The mutex of the connection guards what is below done.
type question struct {
	conn    *Conn
	id      string             // of the subscription or event; "": no frame is its own
	verdict bool               // id is an event's, and OK is the answer
	take    func(*Frame) error // takes the question's own frames, in the reader's goroutine
	hears   func(*Frame) bool  // looks at what is for everyone, under the mutex; true ends the question
	idle    time.Duration      // longest time of listening without a frame of its own; 0: no bound
	begun   time.Duration      // on the clock of Conn.now
	stop    func() bool        // of the watch over the asker's context
	done    chan struct{}      // closed when the question has ended and take does not run any more
	closed  bool               // the relay itself ended the subscription
	linger  time.Duration      // how long more is waited for after EOSE
	behind  func([]byte)       // takes what comes then, without the asker; nil: take does

	answered chan struct{} // closed at EOSE where the asker does not wait longer; nil: he does

	answer        Answer
	optional      bool // a relay may not know what is asked: silence ends the question and not the connection
	challenged    bool
	live          bool // silence is no failure any more
	lingers       bool // EOSE has come, and more is waited for: whatever ends it, it is no failure
	ended         bool
	err           error
	timer         *time.Timer
	last, allowed time.Duration // on the clock of Conn.heard
}

// nextSub never repeats an id on a connection: a relay may mix up the ends of two subscriptions with the same one.
func (c *Conn) nextSub() string { return "b" + strconv.FormatUint(c.subs.Add(1), 36) }

// ask opens a question, sends its message and waits for its end.
func (c *Conn) ask(ctx context.Context, q *question, message []byte) error {
	if err := c.begin(ctx, q); err != nil {
		return err
	}
	defer q.stop()
	q.say(ctx, message)
	select {
	case <-q.answered:
		return nil
	case <-q.done:
	}
	q.answer.Took = c.now() - q.begun
	return q.err
}

// begin opens a question and has the connection read. The end of ctx ends the connection.
func (c *Conn) begin(ctx context.Context, q *question) error {
	q.conn, q.begun, q.done = c, c.now(), make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	q.last, q.allowed = c.heard(q.begun), q.idle
	if q.idle > 0 {
		q.timer = time.AfterFunc(q.idle, q.silence)
	}
	c.open = append(c.open, q)
	if !c.reading {
		c.reading = true
		go c.listen()
	}
	q.stop = context.AfterFunc(ctx, func() { c.abort(ctx.Err()) })
	return nil
}

// say sends a message. A failure ends the connection, and with it the question; who closed the socket says why.
func (q *question) say(ctx context.Context, message []byte) {
	q.answer.Sent += len(message)
	if err := q.conn.write(ctx, message); err != nil && !errors.Is(err, net.ErrClosed) {
		q.conn.abort(err)
	}
}

// bye tells the relay that we are done with a subscription, unless the relay said so itself or the connection is gone.
// What comes of it does not change the answer.
func (q *question) bye(ctx context.Context, verb string) {
	if !q.closed && q.conn.life.Err() == nil {
		q.say(ctx, fmt.Appendf(nil, `[%q,%q]`, verb, q.id))
	}
}

// leave ends a subscription and tells the relay.
func (q *question) leave() {
	if q.finish() {
		q.bye(context.Background(), "CLOSE")
	}
}

// finish ends a question from outside; false if it had ended.
func (q *question) finish() bool {
	q.conn.mu.Lock()
	defer q.conn.mu.Unlock()
	return q.end(nil)
}

// end ends the question once. While its own frame is handled, done waits for the reader: see Conn.next.
func (q *question) end(err error) bool {
	if q.ended {
		return false
	}
	q.ended, q.err = true, err
	c := q.conn
	c.open = slices.DeleteFunc(c.open, func(other *question) bool { return other == q })
	if q.timer != nil {
		q.timer.Stop()
	}
	if c.current != q {
		close(q.done)
	}
	return true
}

func (q *question) owns(frame *Frame) bool {
	return q.id != "" && (frame.Label == "OK") == q.verdict && frame.N > 0 && frame.Is(0, q.id)
}

// silence ends the connection when no frame of the question came in the time allowed, because the rest of an answer may be
// on its way; of one that a relay need not know, it ends the question alone. It counts only the time in which the connection
// was read: that of a slow caller is not the relay's. The timer is not moved with every frame, which would cost more than
// the frame.
func (q *question) silence() {
	c := q.conn
	c.mu.Lock()
	left := q.allowed - (c.heard(c.now()) - q.last)
	over := !q.ended && !q.live && left <= 0
	if over && (q.optional || q.lingers) {
		over = !q.broke(readError(context.DeadlineExceeded))
	}
	if !q.ended && !q.live && left > 0 {
		if !c.waiting {
			left = max(left, heldUp)
		}
		q.timer.Reset(left)
	}
	c.mu.Unlock()
	if over {
		c.abort(context.DeadlineExceeded)
	}
}

// notice waits a little longer: a NOTICE is chatter if an answer follows, and a refusal without a subscription id
// otherwise.
func (q *question) notice(frame *Frame, heard time.Duration) {
	if q.answer.Notice != "" {
		return
	}
	if q.answer.Notice = cut(frame.Text(0)); q.answer.Notice == "" {
		q.answer.Notice = "empty"
	}
	if q.answer.FirstFrame == 0 && q.idle > 0 {
		q.last, q.allowed = heard, min(q.idle/4, maxNoticeFor)
		if q.optional {
			q.allowed = min(q.allowed, optionalFor)
		}
		q.timer.Reset(q.allowed)
	}
}

// broke ends the question because the connection, or the wait for the relay, has ended.
func (q *question) broke(e *Error) bool {
	if q.lingers {
		return q.end(nil)
	}
	return q.end(q.explain(e))
}

// explain says what silence meant: after a NOTICE or a challenge it was a refusal.
func (q *question) explain(e *Error) *Error {
	if e.Class != ClassTimeout || q.answer.FirstFrame != 0 {
		return e
	}
	switch {
	case q.answer.Notice != "":
		return &Error{Class: ClassNotice, Prefix: noticePrefix(q.answer.Notice), Text: q.answer.Notice, Err: e.Err}
	case q.challenged:
		return &Error{Class: ClassAuth, Err: e.Err}
	}
	return e
}
