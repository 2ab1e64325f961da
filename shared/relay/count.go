package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

const (
	maxCount     = 1 << 53 // what JSON numbers hold everywhere
	maxCountBody = 4 << 10 // room for the hll registers of NIP-45, which are not read
)

// Count is a relay's answer to how many events match (NIP-45).
type Count struct {
	N           int64
	Approximate bool
}

// Count asks how many events match the filter. CLOSED, a NOTICE in place of an answer and silence are an *Error, as is a
// count of 0 after a NOTICE, with which some relays refuse whoever has not logged in. After silence the connection stays.
func (c *Conn) Count(ctx context.Context, filter event.Filter, idle time.Duration) (Count, error) {
	raw, err := json.Marshal(&filter)
	if err != nil {
		return Count{}, fmt.Errorf("write filter: %w", err)
	}
	var count Count
	q := &question{id: c.nextSub(), idle: idleOr(idle), optional: true}
	q.take = func(frame *Frame) error {
		switch frame.Label {
		case "COUNT":
			if err := count.read(frame.Args[1]); err != nil {
				return err
			}
			return errEnd
		case "CLOSED":
			return q.refused(frame)
		}
		return errStray
	}
	if err := c.ask(ctx, q, fmt.Appendf(nil, `["COUNT",%q,%s]`, q.id, raw)); err != nil {
		return Count{}, err
	}
	if notice := q.answer.Notice; notice != "" && count.N == 0 {
		return Count{}, &Error{Class: ClassNotice, Prefix: machinePrefix(notice), Text: notice}
	}
	return count, nil
}

func (c *Count) read(raw []byte) error {
	if len(raw) > maxCountBody {
		return &Error{Class: ClassTooLarge}
	}
	doc, ok := object(raw)
	n, err := strconv.ParseUint(string(doc["count"]), 10, 64)
	if !ok || err != nil || n > maxCount || len(doc["count"]) > 1 && doc["count"][0] == '0' {
		return &Error{Class: ClassMalformed}
	}
	switch string(doc["approximate"]) {
	case "", "false", "null":
	case "true":
		c.Approximate = true
	default:
		return &Error{Class: ClassMalformed}
	}
	c.N = int64(n)
	return nil
}
