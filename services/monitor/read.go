package monitor

import (
	"context"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// maxUnasked is how many events a relay may send to a request for one before the connection is cut.
const maxUnasked = 500

// read asks for one event of any kind. An empty relay is readable: what counts is EOSE. Its time is NIP-66's rtt-read,
// from the request to the first EVENT or EOSE.
func read(ctx context.Context, r *round) Result {
	conn, err := r.connect(ctx)
	if err != nil {
		return Result{Err: err}
	}
	one := 1
	request := relay.Request{Filter: event.Filter{Limit: &one}, Idle: r.timeout, MaxEvents: maxUnasked}
	answer, err := conn.Query(ctx, request, func([]byte) error { return nil })
	if err != nil {
		r.hangUp()
		return Result{Err: err}
	}
	result := Result{RTT: answer.FirstFrame}.figure(int64(answer.Events))
	return result.bring(document.Read, document.Reading{Event: answer.Events > 0})
}
