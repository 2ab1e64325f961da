package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// OK is a relay's verdict on an event (NIP-01).
type OK struct {
	Accepted bool
	Prefix   string // machine-readable prefix of the text, or ""
	Text     string // the relay's words, at most 200 bytes, untrusted
}

// Publish sends an event and waits for its OK. A refusal is an OK, not an error; an *Error means that there was no
// verdict, also when the connection was lost on the way.
func (c *Conn) Publish(ctx context.Context, e event.Event) (OK, error) {
	return c.submit(ctx, "EVENT", &e)
}

// Authenticate answers the last challenge with a signed event of kind 22242 (NIP-42) and waits for its OK.
func (c *Conn) Authenticate(ctx context.Context, e event.Event) (OK, error) {
	return c.submit(ctx, "AUTH", &e)
}

func (c *Conn) submit(ctx context.Context, label string, e *event.Event) (OK, error) {
	q := query{conn: c, req: Request{Idle: defaultIdle}, start: time.Now()}
	q.watch = c.watch(ctx, q.req.Idle)
	defer q.watch.end()
	message := fmt.Appendf(nil, `[%q,`, label)
	if err := c.write(ctx, append(e.AppendJSON(message), ']')); err != nil {
		return OK{}, err
	}
	id := e.ID.String()
	for {
		message, err := c.read()
		if err != nil {
			return OK{}, q.explain(err)
		}
		if frame, err := ScanFrame(message); err == nil && frame.Label == "OK" && frame.Is(0, id) {
			return verdict(&frame)
		}
		if err := q.take(message); err != nil {
			return OK{}, err
		}
	}
}

func verdict(frame *Frame) (OK, error) {
	accepted := string(frame.Args[1]) == "true"
	if !accepted && string(frame.Args[1]) != "false" {
		return OK{}, &Error{Class: ClassMalformed}
	}
	text := frame.Text(2)
	return OK{Accepted: accepted, Prefix: machinePrefix(text), Text: cut(text)}, nil
}
