package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
)

const (
	// serviceQueue makes replicas share requests: each is answered once.
	serviceQueue = "brotr"
	// serviceSlots bounds requests in work, servicePending and servicePendingBytes those that wait for it; what comes
	// beyond is dropped and the asker times out.
	serviceSlots        = 8
	servicePending      = 1024
	servicePendingBytes = 16 << 20
	// The headers with which NATS services tell an error (ADR-32). The nats CLI prints them.
	headerServiceError     = "Nats-Service-Error"
	headerServiceErrorCode = "Nats-Service-Error-Code"
)

// ErrNobody is returned by Request when no service listens on the subject.
var ErrNobody = errors.New("nobody answers on this subject")

// Serve answers requests on a subject, some at once, until ctx ends and the last answer is sent. Replicas share the
// requests. An error of handle travels to the asker in the headers that NATS services use, so its text must be fit for
// strangers. Requests are not stored: whoever gets no answer asks again.
func (b *Bus) Serve(ctx context.Context, subject string, handle func(context.Context, []byte) ([]byte, error)) error {
	sub, err := b.conn.QueueSubscribeSync(subject, serviceQueue)
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // a closed connection has ended it already
	if err := sub.SetPendingLimits(servicePending, servicePendingBytes); err != nil {
		return fmt.Errorf("bound the requests on %s: %w", subject, err)
	}
	slots := make(chan struct{}, serviceSlots)
	var working sync.WaitGroup
	defer working.Wait()
	for {
		request, err := sub.NextMsgWithContext(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, nats.ErrSlowConsumer):
			b.log.Warn("Requests were dropped", app.Subject, subject)
			continue
		case err != nil:
			return fmt.Errorf("wait for a request on %s: %w", subject, err)
		}
		slots <- struct{}{}
		working.Go(func() {
			b.answer(ctx, request, handle)
			<-slots
		})
	}
}

func (b *Bus) answer(ctx context.Context, request *nats.Msg, handle func(context.Context, []byte) ([]byte, error)) {
	reply := nats.NewMsg(request.Reply)
	body, err := handle(ctx, request.Data)
	reply.Data = body
	if err != nil {
		reply.Header.Set(headerServiceError, err.Error())
		reply.Header.Set(headerServiceErrorCode, strconv.Itoa(503))
	}
	if request.Reply != "" {
		_ = b.conn.PublishMsg(reply) // a lost answer makes the asker ask again
	}
}

// Request asks a service and waits for its answer until ctx ends. The error is ErrNobody when no service listens, and
// holds the service's own words when it answered with an error.
func (b *Bus) Request(ctx context.Context, subject string, body []byte) ([]byte, error) {
	reply, err := b.conn.RequestWithContext(ctx, subject, body)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, fmt.Errorf("ask %s: %w", subject, ErrNobody)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, errors.Join(ErrUnavailable, err))
	}
	if text := reply.Header.Get(headerServiceError); text != "" {
		return nil, fmt.Errorf("ask %s: %s", subject, text)
	}
	return reply.Data, nil
}
