package simrelay

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
)

// Kernels give out higher ports for connections and for port 0, so one between these stays free until it is listened on, and while a
// relay is restarted.
const (
	lowestPort  = 15_000
	highestPort = 30_000
)

// Ports are given out in an order of this process's own: none comes twice before all have, so no two relays of a process
// have the same URL, whether or not the first is still there.
var (
	portOrder  = sync.OnceValue(func() []int { return rand.Perm(highestPort - lowestPort) })
	portsGiven atomic.Uint64
)

// portTries is how many ports are tried.
const portTries = 100

// anyAddress is that of a relay that may listen on any port.
const anyAddress = "127.0.0.1:0"

// FreeAddress is a loopback address that nobody listens on: for a process that is started in a moment.
func FreeAddress() (string, error) {
	l, err := listenAnywhere()
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func listenAnywhere() (l net.Listener, err error) {
	order := portOrder()
	for range portTries {
		port := lowestPort + order[portsGiven.Add(1)%uint64(len(order))]
		if l, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("find a free port: %w", err)
}
