package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// Dead is a message that a stage gave up.
type Dead struct {
	Seq    uint64
	At     time.Time
	Stage  string // who gave it up
	Reason string
	Source string // the subject that it had, when it had one
	Body   []byte
}

// ErrNoMessage says that a sequence of DEAD holds nothing (any more).
var ErrNoMessage = errors.New("there is no such message")

// DeadLetters calls yield for the messages on DEAD from a sequence on, oldest first, until yield returns false.
func (b *Bus) DeadLetters(ctx context.Context, from uint64, yield func(Dead) bool) error {
	stream, err := b.stream(ctx, subject.StreamDead)
	if err != nil {
		return err
	}
	state := stream.CachedInfo().State
	for seq := max(from, state.FirstSeq); state.Msgs > 0 && seq <= state.LastSeq; seq++ {
		letter, err := deadLetter(ctx, stream, seq)
		if errors.Is(err, ErrNoMessage) {
			continue
		}
		if err != nil {
			return err
		}
		if !yield(letter) {
			return nil
		}
	}
	return nil
}

// DeadLetter returns one message of DEAD; ErrNoMessage when it is gone.
func (b *Bus) DeadLetter(ctx context.Context, seq uint64) (Dead, error) {
	stream, err := b.stream(ctx, subject.StreamDead)
	if err != nil {
		return Dead{}, err
	}
	return deadLetter(ctx, stream, seq)
}

func deadLetter(ctx context.Context, stream jetstream.Stream, seq uint64) (Dead, error) {
	msg, err := stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Dead{}, fmt.Errorf("get message %d of %s: %w", seq, subject.StreamDead, ErrNoMessage)
	}
	if err != nil {
		return Dead{}, fmt.Errorf("get message %d of %s: %w", seq, subject.StreamDead, classify(err))
	}
	return Dead{
		Seq: msg.Sequence, At: msg.Time, Stage: strings.TrimPrefix(msg.Subject, subject.Dead("")),
		Reason: msg.Header.Get(subject.HeaderReason), Source: msg.Header.Get(subject.HeaderSource), Body: msg.Data,
	}, nil
}

// RetryDead publishes a message of DEAD where it came from and then takes it off DEAD: it may come twice, never get lost.
func (b *Bus) RetryDead(ctx context.Context, seq uint64) error {
	letter, err := b.DeadLetter(ctx, seq)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(letter.Source, "brotr.") {
		return fmt.Errorf("retry message %d: it does not say which subject it had", seq)
	}
	if err := b.Publish(ctx, Message{Subject: letter.Source, Body: letter.Body}); err != nil {
		return err
	}
	return b.DeleteDead(ctx, seq)
}

// DeleteDead takes a message off DEAD for good.
func (b *Bus) DeleteDead(ctx context.Context, seq uint64) error {
	stream, err := b.stream(ctx, subject.StreamDead)
	if err != nil {
		return err
	}
	if err := stream.DeleteMsg(ctx, seq); errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) || errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("delete message %d of %s: %w", seq, subject.StreamDead, ErrNoMessage)
	} else if err != nil {
		return fmt.Errorf("delete message %d of %s: %w", seq, subject.StreamDead, classify(err))
	}
	return nil
}
