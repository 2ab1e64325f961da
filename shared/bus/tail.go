package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Bounds of what waits for a slow follower; more is dropped, and Follow says so.
const (
	followPending      = 64 << 10
	followPendingBytes = 64 << 20
)

// ErrDropped tells a follower that messages passed which it was too slow for.
var ErrDropped = errors.New("messages were dropped")

// Follow calls handle for every message that is published on a subject from now on, stored or not, until ctx ends or
// handle returns an error, which it returns. Nothing is acknowledged and nothing is repeated. After a loss handle gets
// ErrDropped instead of a message and decides.
func (b *Bus) Follow(ctx context.Context, subject string, handle func(Message, error) error) error {
	sub, err := b.conn.SubscribeSync(subject)
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // a closed connection has ended it already
	if err := sub.SetPendingLimits(followPending, followPendingBytes); err != nil {
		return fmt.Errorf("bound what waits on %s: %w", subject, err)
	}
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, nats.ErrSlowConsumer):
			err = handle(Message{}, ErrDropped)
		case err != nil:
			return fmt.Errorf("wait on %s: %w", subject, err)
		default:
			err = handle(Message{Subject: msg.Subject, Body: msg.Data, Header: firstValues(msg.Header)}, nil)
		}
		if err != nil {
			return err
		}
	}
}
