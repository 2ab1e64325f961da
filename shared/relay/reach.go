package relay

import (
	"context"
	"net/netip"
	"time"
)

// Reach opens a TCP connection to one of some addresses of a clearnet relay, as Connect does, says how long that took and hangs
// up. The guard looks at each address; overlay relays have none and are refused. Errors are *Error.
func (d *Dialer) Reach(ctx context.Context, u URL, addrs []netip.Addr) (took time.Duration, err error) {
	if d.denies(u) {
		return 0, &Error{Class: ClassDenied}
	}
	if u.Network() != Clearnet || len(addrs) == 0 {
		return 0, &Error{Class: ClassReserved}
	}
	for _, addr := range addrs {
		if err := d.check(addr); err != nil {
			return 0, err
		}
	}
	start := time.Now()
	conn, err := d.race(ctx, addrs[:min(len(addrs), maxAddresses)], portOf(u))
	if err != nil {
		return 0, connectError(err)
	}
	return time.Since(start), conn.Close()
}
