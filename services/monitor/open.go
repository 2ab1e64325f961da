package monitor

import "context"

// open connects: name, TCP, TLS and the upgrade to WebSocket. Its time is NIP-66's rtt-open.
func open(ctx context.Context, r *round) Result {
	conn, err := r.connect(ctx)
	if err != nil {
		return Result{Err: err}
	}
	r.timings = conn.Timings()
	return Result{RTT: r.timings.Open()}
}
