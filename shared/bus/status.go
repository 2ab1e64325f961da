package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// StreamStatus is the state of one stream.
type StreamStatus struct {
	Name     string    `json:"name"`
	Messages uint64    `json:"messages"`
	Bytes    uint64    `json:"bytes"`
	MaxBytes int64     `json:"max_bytes"` // -1 = no limit
	FirstSeq uint64    `json:"first_seq"`
	LastSeq  uint64    `json:"last_seq"`
	Oldest   time.Time `json:"oldest"` // zero when the stream is empty
}

// ConsumerStatus is the state of one consumer.
type ConsumerStatus struct {
	Name       string `json:"name"`
	Stream     string `json:"stream"`
	Pending    uint64 `json:"pending"`     // not delivered yet
	AckPending int    `json:"ack_pending"` // delivered, not acknowledged yet
	Waiting    int    `json:"waiting"`     // fetches that wait for messages
}

// Streams returns the state of every declared stream; one that is missing is an error that
// names it.
func (b *Bus) Streams(ctx context.Context) ([]StreamStatus, error) {
	var all []StreamStatus
	for _, declared := range subject.Streams(subject.DefaultBounds()) {
		stream, err := b.stream(ctx, declared.Name)
		if err != nil {
			return all, err
		}
		info := stream.CachedInfo()
		status := StreamStatus{
			Name: declared.Name, Messages: info.State.Msgs, Bytes: info.State.Bytes, MaxBytes: info.Config.MaxBytes,
			FirstSeq: info.State.FirstSeq, LastSeq: info.State.LastSeq,
		}
		if info.State.Msgs > 0 {
			status.Oldest = info.State.FirstTime
		}
		all = append(all, status)
	}
	return all, nil
}

// Consumers returns the state of every declared consumer that exists.
func (b *Bus) Consumers(ctx context.Context) ([]ConsumerStatus, error) {
	var all []ConsumerStatus
	for _, declared := range subject.Consumers() {
		consumer, err := b.js.Consumer(ctx, declared.Stream, declared.Name)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			continue
		}
		if err != nil {
			return all, fmt.Errorf("look up consumer %s: %w", declared.Name, err)
		}
		info := consumer.CachedInfo()
		all = append(all, ConsumerStatus{
			Name: declared.Name, Stream: declared.Stream, Pending: info.NumPending,
			AckPending: info.NumAckPending, Waiting: info.NumWaiting,
		})
	}
	return all, nil
}
