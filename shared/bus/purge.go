package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// PurgeEvents takes messages off EVENTS for good, their bytes on disk included: those on a subject, as it is stored, whose
// body says so. It looks at every message of the subject up to the last one there is when it begins.
func (b *Bus) PurgeEvents(ctx context.Context, filter string, goes func(body []byte) bool) (removed int, err error) {
	return b.purge(ctx, subject.StreamEvents, filter, goes)
}

// PurgeDead does the same on DEAD.
func (b *Bus) PurgeDead(ctx context.Context, goes func(body []byte) bool) (removed int, err error) {
	return b.purge(ctx, subject.StreamDead, subject.Dead(">"), goes)
}

func (b *Bus) purge(ctx context.Context, name, filter string, goes func(body []byte) bool) (removed int, err error) {
	stream, err := b.stream(ctx, name)
	if err != nil {
		return 0, err
	}
	state := stream.CachedInfo().State
	for next := state.FirstSeq; state.Msgs > 0 && next <= state.LastSeq; next++ {
		msg, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(filter))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return removed, fmt.Errorf("read message %d of %s: %w", next, name, classify(err))
		}
		if next = msg.Sequence; !goes(msg.Data) {
			continue
		}
		err = stream.SecureDeleteMsg(ctx, next)
		if err != nil && !errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return removed, fmt.Errorf("delete message %d of %s: %w", next, name, classify(err))
		}
		removed++
	}
	return removed, nil
}
