package store

import (
	"net"
	"time"
)

// deadAfter is when a Postgres that does not even acknowledge is given up: without a bound a connection to a machine that is
// gone waits for a quarter of an hour.
const deadAfter = 30 * time.Second

// dialer makes connections that notice when the other end is gone, whether they wait for an answer or send.
func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: deadAfter / 3, Interval: deadAfter / 6, Count: 4},
		Control:         boundUnacknowledged,
	}
}
