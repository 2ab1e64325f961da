package monitor

import (
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Result is the outcome of one check.
type Result struct {
	Check    string
	RTT      time.Duration    // of what succeeded; 0 = not measured
	Err      error            // nil = it succeeded
	Document *ingest.Document // what it brought home, nil = nothing
}

// round is one round of checks of one relay. It is used by one goroutine.
type round struct {
	url     relay.URL
	at      time.Time // whole seconds: results are keyed by them
	dialer  *relay.Dialer
	key     event.Key
	timeout time.Duration // of one attempt of one check

	conn       *relay.Conn // shared by the checks that ask over a WebSocket; nil = none is open
	timings    relay.Timings
	challenged bool // the relay sent an AUTH challenge
	results    []Result
}

// run makes all checks. It takes at most as many timeouts as there are checks: repetitions use what quick checks left.
func (r *round) run(ctx context.Context, retries func(check) uint) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(len(checks))*r.timeout)
	defer cancel()
	defer r.hangUp()
	for _, c := range checks {
		result := perform(ctx, c, r, retries(c))
		result.Check = c.name
		r.results = append(r.results, result)
	}
}

// failure is why a check that was made in this round failed; nil when it did not.
func (r *round) failure(name string) error {
	for _, result := range r.results {
		if result.Check == name {
			return result.Err
		}
	}
	return nil
}

// connect returns the open connection, or a new one after the last was hung up.
func (r *round) connect(ctx context.Context) (*relay.Conn, error) {
	if r.conn != nil {
		return r.conn, nil
	}
	conn, err := r.dialer.Connect(ctx, r.url)
	if err != nil {
		return nil, err
	}
	r.conn = conn
	return conn, nil
}

// hangUp closes the connection: a question that failed may have left an answer on its way.
func (r *round) hangUp() {
	if r.conn == nil {
		return
	}
	r.challenged = r.challenged || r.conn.Challenge() != ""
	r.conn.Close()
	r.conn = nil
}
