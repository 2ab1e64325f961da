package relay

import (
	"context"
	"crypto/tls"
	"net/netip"
	"time"
)

// Handshake is what TLS with a relay showed.
type Handshake struct {
	State tls.ConnectionState
	Fault error // why the certificate does not verify; nil = it does
	Took  time.Duration
}

// Handshake connects to a relay, shakes hands whatever its certificate, verifies that separately and hangs up. TLS 1.0 is
// enough: what a relay is able to do is to be seen, and nothing is said over it. An *Error means that no handshake came
// about. A relay that is asked without TLS is ClassTLS.
func (d *Dialer) Handshake(ctx context.Context, u URL) (Handshake, error) {
	var h Handshake
	if d.denies(u) {
		return h, &Error{Class: ClassDenied}
	}
	if !u.Secure() {
		return h, &Error{Class: ClassTLS}
	}
	var t Timings
	raw, err := d.dial(ctx, u.Host(), portOf(u), &t)
	if err != nil {
		return h, connectError(err)
	}
	defer raw.Close()
	config := &tls.Config{
		ServerName: u.Host(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS10, InsecureSkipVerify: true,
	}
	conn, start := tls.Client(raw, config), time.Now()
	if err := conn.HandshakeContext(ctx); err != nil {
		return h, tlsError(err)
	}
	h.Took, h.State = time.Since(start), conn.ConnectionState()
	h.Fault = d.verify(h.State, u.Host())
	return h, nil
}

// Verify says why the certificate of a connection does not verify; nil = it does. State is that of Conn.TLS or Handshake.
func (d *Dialer) Verify(state tls.ConnectionState, u URL) error { return d.verify(state, u.Host()) }

// Permits says whether the guard lets an address be dialled: what it refuses is not to be told around either.
func (d *Dialer) Permits(addr netip.Addr) bool { return d.check(addr) == nil }
