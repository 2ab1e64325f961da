package relay

import (
	"context"
	"net"
	"net/netip"
	"time"
)

type attempt struct {
	conn net.Conn
	err  error
}

// race dials the addresses one after the other, the next one 250 ms later or at once when one fails (RFC 8305), and
// keeps the first connection. All attempts are over when it returns: losers are closed by the canceled context or here.
func (d *Dialer) race(ctx context.Context, addrs []netip.Addr, port string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var firstErr error
	for started, ended := 0, 0; ended < len(addrs); {
		var next <-chan time.Time
		if started < len(addrs) {
			next = timer.C
		}
		select {
		case <-next:
			go d.attempt(ctx, addrs[started], port, results)
			started++
			timer.Reset(stagger)
		case r := <-results:
			ended++
			if r.err == nil {
				cancel()
				drain(results, started-ended)
				return r.conn, nil
			}
			if firstErr == nil || ReasonOf(r.err) == string(ClassBusy) { // an address that was not tried may be the good one
				firstErr = r.err
			}
			timer.Reset(0)
		}
	}
	return nil, firstErr
}

func (d *Dialer) attempt(ctx context.Context, addr netip.Addr, port string, results chan<- attempt) {
	conn, err := d.connect(ctx, addr, port)
	results <- attempt{conn, err}
}

func (d *Dialer) connect(ctx context.Context, addr netip.Addr, port string) (net.Conn, error) {
	release, err := d.admit(ctx, addr)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{ControlContext: d.control, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(addr.String(), port))
	if err != nil {
		release()
		return nil, err
	}
	return &admitted{conn, release}, nil
}

func drain(results <-chan attempt, n int) {
	for range n {
		if r := <-results; r.err == nil {
			_ = r.conn.Close()
		}
	}
}
