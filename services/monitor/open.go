package monitor

import (
	"context"
	"errors"
	"net/http"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// open connects: name, TCP, TLS and the upgrade to WebSocket. Its time is NIP-66's rtt-open.
func open(ctx context.Context, r *round) Result {
	conn, err := r.connect(ctx)
	if err != nil {
		r.header = refusal(err)
		return Result{Err: err}
	}
	r.timings, r.header, r.state = conn.Timings(), conn.Header(), conn.TLS()
	if r.url.Network() == relay.Clearnet {
		r.remote = conn.Remote().Addr()
	}
	return Result{RTT: r.timings.Open(), Phases: r.timings}
}

// refusal is the header of an answer that refused the upgrade, nil when there was none.
func refusal(err error) http.Header {
	if e, ok := errors.AsType[*relay.Error](err); ok {
		return e.Header
	}
	return nil
}
