package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Stranded returns up to limit messages of a work queue that its consumer will never deliver, because they lie at or
// below its ack floor: a crash of the server can leave such. Their Deliveries is 0, and neither an ack nor a nak reaches
// them; Remove does.
func (b *Bus) Stranded(ctx context.Context, consumer string, limit int) ([]*Delivery, error) {
	declared, err := declaredConsumer(consumer)
	if err != nil {
		return nil, err
	}
	// The consumer is asked before the stream: what is acknowledged in between is above this floor.
	c, err := b.js.Consumer(ctx, declared.Stream, consumer)
	if err != nil {
		return nil, fmt.Errorf("look up consumer %s: %w", consumer, classify(err))
	}
	stream, err := b.stream(ctx, declared.Stream)
	if err != nil {
		return nil, err
	}
	floor, filter := c.CachedInfo().AckFloor.Stream, declared.Filter
	if filter == "" {
		filter = ">"
	}
	var stranded []*Delivery
	for next := stream.CachedInfo().State.FirstSeq; next <= floor && len(stranded) < limit; next++ {
		msg, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(filter))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read message %d of %s: %w", next, declared.Stream, classify(err))
		}
		if next = msg.Sequence; next <= floor {
			stranded = append(stranded, stray(msg))
		}
	}
	return stranded, nil
}

func stray(msg *jetstream.RawStreamMsg) *Delivery {
	return &Delivery{Subject: msg.Subject, Body: msg.Data, Header: firstValues(msg.Header), Seq: msg.Sequence, PublishedAt: msg.Time}
}

// Remove deletes a message that Stranded returned. It is no error if it is gone.
func (b *Bus) Remove(ctx context.Context, consumer string, d *Delivery) error {
	declared, err := declaredConsumer(consumer)
	if err != nil {
		return err
	}
	stream, err := b.stream(ctx, declared.Stream)
	if err != nil {
		return err
	}
	err = stream.DeleteMsg(ctx, d.Seq)
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		// The client hides the server's reason: look whether there is anything left to delete.
		if _, missing := stream.GetMsg(ctx, d.Seq); errors.Is(missing, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("remove message %d of %s: %w", d.Seq, declared.Stream, classify(err))
	}
	return nil
}

// Repair makes a consumer anew if it stands ahead of its stream, which a power cut of the server can cause: it would
// silently pass over every message until the stream has caught up. Repair returns the last sequence of the stream if it
// did so: messages up to there come again as if they had never been delivered. 0 means that all is well.
func (b *Bus) Repair(ctx context.Context, consumer string) (upTo uint64, err error) {
	declared, err := declaredConsumer(consumer)
	if err != nil {
		return 0, err
	}
	// The consumer is asked first, or a message in between would make it look ahead.
	c, err := b.js.Consumer(ctx, declared.Stream, consumer)
	if err != nil {
		return 0, fmt.Errorf("look up consumer %s: %w", consumer, classify(err))
	}
	stream, err := b.stream(ctx, declared.Stream)
	if err != nil {
		return 0, err
	}
	at, last := c.CachedInfo(), stream.CachedInfo().State.LastSeq
	if at.Delivered.Stream <= last && at.AckFloor.Stream <= last {
		return 0, nil
	}
	if err := b.js.DeleteConsumer(ctx, declared.Stream, consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, fmt.Errorf("delete consumer %s: %w", consumer, classify(err))
	}
	if _, err := b.js.CreateOrUpdateConsumer(ctx, declared.Stream, consumerConfig(declared)); err != nil {
		return 0, fmt.Errorf("make consumer %s again: %w", consumer, classify(err))
	}
	return max(last, 1), nil
}

// Reconnected calls each after every restored connection until ctx ends.
func (b *Bus) Reconnected(ctx context.Context, each func()) {
	changes := b.conn.StatusChanged(nats.CONNECTED)
	defer b.conn.RemoveStatusListener(changes)
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-changes:
			if !open {
				return
			}
			each()
		}
	}
}
