package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
)

// What became of a publish that was not acknowledged. All but ErrTooLarge pass with time.
var (
	ErrFull        = errors.New("stream is full")
	ErrTooLarge    = errors.New("message is larger than the server takes")
	ErrNoStream    = errors.New("no stream takes this subject")
	ErrUnavailable = errors.New("NATS is not available")
	ErrExists      = errors.New("the subject holds a message already")
)

// Message is what is published: a subject, headers with one value each, and a body.
type Message struct {
	Subject string
	Header  map[string]string
	Body    []byte
}

const (
	// maxAtomicMessages is the server's limit of messages in one atomic batch (error 10199).
	maxAtomicMessages = 1000
	// maxAtomicBytes bounds what one atomic batch holds in the server's memory.
	maxAtomicBytes = 4 << 20
)

// Publish stores one message and waits until the stream acknowledged it.
func (b *Bus) Publish(ctx context.Context, m Message) error {
	return b.publish(ctx, m)
}

// Ingest encodes a batch and stores it on INGEST. The message id is the hash of the payload, so
// that repeating a publish whose ack was lost costs nothing; it is never an event's id.
func (b *Bus) Ingest(ctx context.Context, subject string, batch *ingest.Batch) error {
	body, err := ingest.Encode(batch)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return b.publish(ctx, Message{Subject: subject, Body: body}, jetstream.WithMsgID(hex.EncodeToString(sum[:16])))
}

func (b *Bus) publish(ctx context.Context, m Message, options ...jetstream.PublishOpt) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if _, err := b.js.PublishMsg(ctx, m.nats(), options...); err != nil {
		return fmt.Errorf("publish on %s: %w", m.Subject, classify(err))
	}
	return nil
}

// PublishMany stores messages that are independent of each other and waits for all acks.
// The error joins what went wrong; the others are stored.
func (b *Bus) PublishMany(ctx context.Context, messages []Message) error {
	acks := make([]jetstream.PubAckFuture, 0, len(messages))
	for _, m := range messages {
		ack, err := b.js.PublishMsgAsync(m.nats(), jetstream.WithStallWait(requestTimeout))
		if err != nil {
			return fmt.Errorf("publish on %s: %w", m.Subject, classify(err))
		}
		acks = append(acks, ack)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var failed []error
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			failed = append(failed, fmt.Errorf("publish on %s: %w", ack.Msg().Subject, classify(err)))
		case <-ctx.Done():
			return fmt.Errorf("publish %d messages: %w", len(messages), errors.Join(ErrUnavailable, ctx.Err()))
		}
	}
	return errors.Join(failed...)
}

// PublishAll stores messages in atomic batches (ADR-50): each batch is stored whole or not at
// all. All messages must belong to one stream that allows it. On an error the batches before
// the failing one are stored.
func (b *Bus) PublishAll(ctx context.Context, messages []Message) error {
	for len(messages) > 0 {
		n, bytes := 0, 0
		for n < len(messages) && n < maxAtomicMessages && (n == 0 || bytes+len(messages[n].Body) <= maxAtomicBytes) {
			bytes += len(messages[n].Body)
			n++
		}
		if err := b.publishAtomic(ctx, messages[:n]); err != nil {
			return fmt.Errorf("publish %d messages from %s on: %w", n, messages[0].Subject, classify(err))
		}
		messages = messages[n:]
	}
	return nil
}

func (b *Bus) publishAtomic(ctx context.Context, messages []Message) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	last := len(messages) - 1
	if last == 0 {
		_, err := b.js.PublishMsg(ctx, messages[0].nats())
		return err
	}
	batch, err := jetstreamext.NewBatchPublisher(b.js)
	if err != nil {
		return err
	}
	for _, m := range messages[:last] {
		if err := batch.AddMsg(m.nats()); err != nil {
			return err // an unfinished batch is dropped by the server
		}
	}
	_, err = batch.CommitMsg(ctx, messages[last].nats())
	return err
}

func (m Message) nats() *nats.Msg {
	msg := nats.NewMsg(m.Subject)
	msg.Data = m.Body
	for name, value := range m.Header {
		msg.Header[name] = []string{value}
	}
	return msg
}

// firstValues reads headers, of which we send one value each.
func firstValues(all nats.Header) map[string]string {
	header := make(map[string]string, len(all))
	for name, values := range all {
		if len(values) > 0 {
			header[name] = values[0]
		}
	}
	return header
}

// Error codes of the JetStream API that decide what to do next.
const (
	codeInsufficientResources = 10023
	codeWrongLastSequence     = 10071
	codeMaxBytes              = 10077
	codeMessageTooLarge       = 10054
)

func classify(err error) error {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch api.ErrorCode {
		case codeInsufficientResources, codeMaxBytes:
			return errors.Join(ErrFull, err)
		case codeWrongLastSequence:
			return errors.Join(ErrExists, err)
		case codeMessageTooLarge:
			return errors.Join(ErrTooLarge, err)
		}
		return err
	}
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return errors.Join(ErrTooLarge, err)
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return errors.Join(ErrNoStream, err)
	case errors.Is(err, context.Canceled):
		return err
	}
	return errors.Join(ErrUnavailable, err)
}
