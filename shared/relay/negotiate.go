package relay

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// NegRequest is a reconciliation of event ids with a relay (NIP-77).
type NegRequest struct {
	Filter   event.Filter
	Idle     time.Duration // the longest time without a message of the relay, default 30 s
	MaxBytes int           // more bytes than this from the relay are a flood; 0: no bound beside that of a frame
}

// Negotiate carries the messages of a reconciliation and understands none of them: it sends open, gives each message of
// the relay to step and sends what step replies. message is valid during the call only; reply may be used again after the
// next call began. A nil reply ends the reconciliation well. Nothing else is read while step runs.
//
// NEG-ERR is ClassNegErr, an error of step is returned as it is, anything else fails as in Query: a relay that does not
// know NIP-77 says NOTICE, CLOSED or nothing. The Answer counts bytes and times, also beside an error.
func (c *Conn) Negotiate(ctx context.Context, req NegRequest, open []byte, step func(message []byte) (reply []byte, err error)) (Answer, error) {
	filter, err := json.Marshal(&req.Filter)
	if err != nil {
		return Answer{}, fmt.Errorf("write filter: %w", err)
	}
	n := &negotiation{filter: filter, most: req.MaxBytes, step: step, replies: make(chan []byte, 1)}
	n.q = question{id: c.nextSub(), idle: idleOr(req.Idle), take: n.take, optional: true}
	if err := c.begin(ctx, &n.q); err != nil {
		return Answer{}, err
	}
	defer n.q.stop()
	n.q.say(ctx, n.open(open))
	n.run(ctx)
	n.q.answer.Took = c.now() - n.q.begun
	n.q.bye(ctx, "NEG-CLOSE")
	return n.q.answer, n.q.err
}

// maxReopened is how often a relay may forget a reconciliation that is under way.
const maxReopened = 3

type negotiation struct {
	q       question
	filter  []byte // JSON
	last    []byte // our last message after the first, nil before it
	opened  int    // how often the relay forgot us
	most    int
	step    func([]byte) ([]byte, error)
	replies chan []byte // whole messages
	buf     []byte
}

// run sends what the reader leaves here. The reader itself never writes: a relay may wait for us to read.
func (n *negotiation) run(ctx context.Context) {
	for {
		select {
		case message := <-n.replies:
			n.q.say(ctx, message)
		case <-n.q.done:
			return
		}
	}
}

func (n *negotiation) take(frame *Frame) error {
	switch frame.Label {
	case "NEG-MSG":
		return n.message(frame.Args[1])
	case "NEG-ERR", "NEG-ERROR": // NIP-77 says the one, khatru the other
		return n.refused(frame.Text(1))
	case "CLOSED":
		return n.q.refused(frame)
	}
	return errStray
}

// open is the message that begins a reconciliation, or takes up one that the relay forgot: what it holds
// is all that a relay needs to know.
func (n *negotiation) open(message []byte) []byte {
	return fmt.Appendf(nil, `["NEG-OPEN",%q,%s,"%x"]`, n.q.id, n.filter, message)
}

// refused ends the reconciliation, unless the relay only forgot it: khatru may do so when our second
// message is quick.
func (n *negotiation) refused(text string) error {
	if forgot := strings.HasPrefix(strings.ToLower(text), "closed"); forgot && n.last != nil && n.opened < maxReopened {
		n.opened++
		return n.send(n.open(n.last))
	}
	n.q.closed = true
	return &Error{Class: ClassNegErr, Prefix: machinePrefix(text), Text: cut(text)}
}

func (n *negotiation) send(message []byte) error {
	select {
	case n.replies <- message:
		return nil
	default: // the relay did not wait for our last message
		return &Error{Class: ClassFlood}
	}
}

func (n *negotiation) message(quoted []byte) error {
	if n.most > 0 && n.q.answer.Bytes > n.most {
		return &Error{Class: ClassFlood}
	}
	var ok bool
	if n.buf, ok = unquoteHex(n.buf[:0], quoted); !ok {
		return &Error{Class: ClassMalformed}
	}
	reply, err := n.step(n.buf)
	if err != nil {
		return err
	}
	if reply == nil {
		return errEnd
	}
	n.last = append(n.last[:0], reply...)
	return n.send(fmt.Appendf(nil, `["NEG-MSG",%q,"%x"]`, n.q.id, reply))
}

// unquoteHex appends the bytes that a JSON string of hex digits stands for. Escapes are not hex digits.
func unquoteHex(dst, quoted []byte) ([]byte, bool) {
	if len(quoted) < 2 || quoted[0] != '"' {
		return dst, false
	}
	dst, err := hex.AppendDecode(dst, quoted[1:len(quoted)-1])
	return dst, err == nil
}
