package relay

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

const maxChallenge = 1 << 10

var errLeft = errors.New("handle frame: the function never returned")

// listen is the goroutine that reads. It lives while something is open, and every function of a question runs in it.
func (c *Conn) listen() {
	parked := false
	defer func() {
		if !parked { // a function of a question ended the goroutine
			c.abort(errLeft)
			c.next()
		}
	}()
	for c.next() {
		if message, err := c.read(); err != nil {
			c.abort(err)
		} else {
			c.dispatch(message)
		}
	}
	parked = true
}

// next closes the last frame and says whether to read another one.
func (c *Conn) next() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.current; q != nil {
		if c.current = nil; q.ended {
			close(q.done)
		}
	}
	if cap(c.buf) > keepBuffer && !c.expecting() {
		c.buf, c.frame = nil, Frame{}
	}
	if c.reading = c.broken == nil && len(c.open) > 0; c.reading {
		c.waiting, c.since = true, c.now()
	}
	return c.reading
}

// expecting says whether an answer is on its way, for which a large buffer is worth keeping.
func (c *Conn) expecting() bool {
	for _, q := range c.open {
		if !q.live {
			return true
		}
	}
	return false
}

// heard is the clock of idle times: how long the connection was read.
func (c *Conn) heard(now time.Duration) time.Duration {
	if !c.waiting {
		return c.listened
	}
	return c.listened + now - c.since
}

// read reads one message into the connection's buffer, which the next read overwrites.
func (c *Conn) read() ([]byte, error) {
	typ, r, err := c.ws.Reader(context.Background()) // deadlines close the socket: see question.silence
	if err != nil {
		return nil, err
	}
	if c.buf, err = readAll(r, c.buf[:0], c.frameMax); err != nil {
		return nil, err
	}
	if typ != websocket.MessageText {
		return nil, nil
	}
	return c.buf, nil
}

// readAll appends a message of at most limit bytes to buf, which doubles as bytes arrive and not as a length claims.
func readAll(r io.Reader, buf []byte, limit int) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), max(2*cap(buf), 4096))
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		if buf = buf[:len(buf)+n]; len(buf) > limit {
			return buf, websocket.ErrMessageTooBig
		}
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// dispatch gives a message to the question it belongs to.
func (c *Conn) dispatch(message []byte) {
	frame := &c.frame
	var err error
	*frame, err = ScanFrame(message)
	now := c.now()
	c.mu.Lock()
	c.listened, c.waiting = c.heard(now), false
	var q *question
	if err == nil {
		q = c.owner(frame)
	}
	if c.current = q; q == nil {
		err = c.nobodys(frame, err != nil, len(message), now)
		c.mu.Unlock()
		c.abortIf(err)
		return
	}
	q.last, q.allowed = c.listened, q.idle
	q.answer.Bytes += len(message)
	if q.answer.FirstFrame == 0 {
		q.answer.FirstFrame = now - q.begun
	}
	c.mu.Unlock()
	if err := q.take(frame); err != nil {
		c.took(q, err, now)
	}
}

func (c *Conn) owner(frame *Frame) *question {
	for _, q := range c.open {
		if q.owns(frame) {
			return q
		}
	}
	return nil
}

// took acts on what a question said of its own frame.
func (c *Conn) took(q *question, err error, now time.Duration) {
	var fault error
	c.mu.Lock()
	switch err {
	case errEnd:
		c.forgive()
		q.end(nil)
	case errStray, errMalformed:
		fault = c.unwanted(&q.answer, err, now)
	default:
		q.end(err)
	}
	c.mu.Unlock()
	c.abortIf(fault)
}

func (c *Conn) abortIf(fault error) {
	if fault != nil {
		c.abort(fault)
	}
}

// forgive is for a relay that answered: what it sent beside the answer is forgotten.
func (c *Conn) forgive() {
	c.strays.renew()
	c.late.renew()
	c.malformed.renew()
}

// nobodys takes a frame that no question owns, and returns an error when there were too many. Its bytes are counted once,
// with the newest question.
func (c *Conn) nobodys(frame *Frame, malformed bool, size int, now time.Duration) error {
	var none Answer
	answer := &none
	for _, q := range c.open {
		if q.take != nil {
			answer = &q.answer
		}
	}
	answer.Bytes += size
	if malformed {
		return c.unwanted(answer, errMalformed, now)
	}
	if c.tell(frame); c.ours(frame) {
		answer.Ignored++
		return tooMany(c.late.spend(now, 1+size>>10), ClassFlood)
	}
	return c.unwanted(answer, errStray, now)
}

func (c *Conn) unwanted(answer *Answer, what error, now time.Duration) error {
	answer.Ignored++
	if what == errMalformed {
		answer.Malformed++
		return tooMany(c.malformed.spend(now, 1), ClassMalformed)
	}
	return tooMany(c.strays.spend(now, 1), ClassFlood)
}

func tooMany(allowed bool, class Class) error {
	if allowed {
		return nil
	}
	return &Error{Class: class}
}

// ours says whether a frame bears the id of a subscription that was ours once. What was under way when it ended is no
// fault of the relay.
func (c *Conn) ours(frame *Frame) bool {
	id := frame.Args[0]
	if len(id) < len(`"b1"`) || id[1] != 'b' {
		return false
	}
	n, err := strconv.ParseUint(string(id[2:len(id)-1]), 36, 64)
	return err == nil && n > 0 && n <= c.subs.Load()
}

// tell shows everyone what bears no subscription id: NOTICE, AUTH, and OK that nobody waits for.
func (c *Conn) tell(frame *Frame) {
	if frame.Label == "AUTH" {
		if text := frame.Text(0); text != "" && len(text) <= maxChallenge {
			c.challenge = text
		}
	}
	for i := len(c.open) - 1; i >= 0; i-- {
		q := c.open[i]
		switch {
		case q.hears != nil && q.hears(frame):
			c.forgive()
			q.end(nil)
		case q.hears != nil:
		case frame.Label == "AUTH":
			q.challenged = true
		case frame.Label == "NOTICE":
			q.notice(frame, c.listened)
		}
	}
}
