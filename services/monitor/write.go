package monitor

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// kindProbe is ephemeral (NIP-01) and assigned to nothing: relays show it to whoever listens and keep nothing.
const kindProbe = 22456

// probeLife is when a relay that keeps the probe all the same may drop it (NIP-40).
const probeLife = time.Minute

// write publishes one ephemeral event. OK true is all that can be asked: conforming relays do not store it, so nothing
// is read back. Its time is NIP-66's rtt-write.
func write(ctx context.Context, r *round) Result {
	conn, err := r.connect(ctx)
	if err != nil {
		return Result{Err: err}
	}
	now := time.Now()
	expires := strconv.FormatInt(now.Add(probeLife).Unix(), 10)
	ok, err := conn.Publish(ctx, r.key.Sign(now.Unix(), kindProbe, [][]string{{"expiration", expires}}, ""))
	if err != nil {
		r.hangUp()
		return Result{Err: err}
	}
	if !ok.Accepted {
		return Result{Err: &rejection{ok}}
	}
	return Result{RTT: time.Since(now)}
}

// rejection is an OK with false.
type rejection struct{ verdict relay.OK }

func (r *rejection) Error() string { return "the relay rejected the event: " + r.reason() }

// reason is the machine-readable prefix, of the set that package relay knows, or "rejected".
func (r *rejection) reason() string {
	if r.verdict.Prefix == "" {
		return "rejected"
	}
	return strings.ReplaceAll(r.verdict.Prefix, "-", "_")
}
