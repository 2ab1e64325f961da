package relay

import (
	"context"
	"fmt"

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

func (c *Conn) submit(ctx context.Context, label string, e *event.Event) (OK, error) {
	var ok OK
	q := &question{id: e.ID.String(), verdict: true, idle: defaultIdle}
	q.take = func(frame *Frame) (err error) {
		if ok, err = verdict(frame); err != nil {
			return err
		}
		return errEnd
	}
	err := c.ask(ctx, q, append(e.AppendJSON(fmt.Appendf(nil, `[%q,`, label)), ']'))
	return ok, err
}

func verdict(frame *Frame) (OK, error) {
	accepted := string(frame.Args[1]) == "true"
	if !accepted && string(frame.Args[1]) != "false" {
		return OK{}, &Error{Class: ClassMalformed}
	}
	text := frame.Text(2)
	return OK{Accepted: accepted, Prefix: machinePrefix(text), Text: cut(text)}, nil
}
