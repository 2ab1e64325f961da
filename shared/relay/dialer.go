package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Defaults of Options.
const (
	DefaultFrameMax  = 1 << 20
	defaultUserAgent = "BigBrotr"
	maxHeader        = 32 << 10
	dnsTimeout       = 5 * time.Second
	maxAddresses     = 8
	stagger          = 250 * time.Millisecond
)

// Options are the policy of one Dialer. The zero value dials clearnet relays at public addresses alone.
type Options struct {
	// Allow opens reserved ranges and internal ports (RELAY_ALLOW_CIDRS): one's own relays, the demo, tests.
	Allow []netip.Prefix
	Deny  Denylist
	// Proxies are the SOCKS5 addresses of overlay networks, such as `socks5h://tor:9050`. A network without one is never
	// dialled.
	Proxies map[Network]*url.URL
	// AllowInsecureTLS goes on with a relay whose certificate fails; Conn.TLSError keeps why (RELAY_ALLOW_INSECURE_TLS).
	AllowInsecureTLS bool
	RootCAs          *x509.CertPool // nil: the system's
	FrameMax         int64          // bytes of one message, default DefaultFrameMax (FRAME_MAX_BYTES)
	UserAgent        string         // default "BigBrotr"; say who runs it and how to reach them
	Resolver         Resolver       // nil: net.DefaultResolver; asked for clearnet names only
	// Denied is asked beside Deny at every Connect and HTTP request: opt-outs that come while we run. nil: nobody.
	Denied func(URL) bool
	// Admit is asked for each clearnet address right before it is connected to, HTTP requests included, but for no proxy
	// and no address in Allow. It may wait, no longer than ctx. release is called once, when the attempt failed or the
	// connection is closed. An error, best of ClassBusy, fails the attempt. nil: no bound.
	Admit func(ctx context.Context, host netip.Addr) (release func(), err error)
}

// Resolver looks a clearnet name up; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer connects to relays under one policy. It is safe for concurrent use and holds no connection.
type Dialer struct {
	opt Options
	own []netip.Prefix // one's own relays, for which Admit is not asked
}

// NewDialer fills in the defaults.
func NewDialer(opt Options) *Dialer {
	if opt.FrameMax <= 0 {
		opt.FrameMax = DefaultFrameMax
	}
	if opt.UserAgent == "" {
		opt.UserAgent = defaultUserAgent
	}
	if opt.Resolver == nil {
		opt.Resolver = net.DefaultResolver
	}
	return &Dialer{opt: opt, own: opt.Allow}
}

// Parser reads URLs under the dialer's own allowance.
func (d *Dialer) Parser() Parser { return Parser{Allow: d.opt.Allow} }

// denies says whether a relay's name opted out. Its addresses are checked when it is dialled.
func (d *Dialer) denies(u URL) bool {
	return d.opt.Deny.Denies(u) || d.opt.Denied != nil && d.opt.Denied(u)
}

// Timings say how long each step of connecting took; zero for a step that did not happen (no name to resolve, no TLS,
// a proxy that resolves).
type Timings struct {
	DNS, TCP, TLS, Upgrade time.Duration
}

// Open is the whole time from the first lookup to the open WebSocket (NIP-66 `rtt-open`).
func (t Timings) Open() time.Duration { return t.DNS + t.TCP + t.TLS + t.Upgrade }

// dial opens a guarded TCP connection to host and port, or one through the network's proxy.
func (d *Dialer) dial(ctx context.Context, host, port string, t *Timings) (net.Conn, error) {
	if d.opt.Deny.deniesHost(host) {
		return nil, &Error{Class: ClassDenied}
	}
	if network := networkOf(host); network != Clearnet {
		return d.dialProxy(ctx, network, net.JoinHostPort(host, port), t)
	}
	start := time.Now()
	addrs, err := d.resolve(ctx, host)
	if t.DNS = time.Since(start); err != nil {
		return nil, err
	}
	start = time.Now()
	conn, err := d.race(ctx, addrs, port)
	if t.TCP = time.Since(start); err != nil {
		return nil, connectError(err)
	}
	return conn, nil
}

// secure puts TLS on a connection. The certificate is verified in any case; its fault fails the handshake unless
// insecure TLS is allowed, and is returned beside the connection then.
func (d *Dialer) secure(ctx context.Context, raw net.Conn, host string, t *Timings) (conn *tls.Conn, fault, err error) {
	start := time.Now()
	conn = tls.Client(raw, d.tlsConfig(host, &fault))
	err = conn.HandshakeContext(ctx)
	t.TLS = time.Since(start)
	if err != nil {
		_ = raw.Close()
		return nil, fault, tlsError(err)
	}
	return conn, fault, nil
}

func (d *Dialer) tlsConfig(host string, fault *error) *tls.Config {
	return &tls.Config{
		ServerName:         host,
		NextProtos:         []string{"http/1.1"},
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // VerifyConnection does the same check and keeps its result
		VerifyConnection: func(state tls.ConnectionState) error {
			if *fault = d.verify(state, host); d.opt.AllowInsecureTLS {
				return nil
			}
			return *fault
		},
	}
}

func (d *Dialer) verify(state tls.ConnectionState, host string) error {
	chain := x509.VerifyOptions{DNSName: host, Roots: d.opt.RootCAs, Intermediates: x509.NewCertPool()}
	for _, cert := range state.PeerCertificates[1:] {
		chain.Intermediates.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(chain)
	return err
}

func tlsError(err error) *Error {
	if e := connectError(err); e.Class == ClassTimeout || e.Class == ClassCanceled {
		return e
	}
	return &Error{Class: ClassTLS, Err: err}
}

func (d *Dialer) header() http.Header { return http.Header{"User-Agent": {d.opt.UserAgent}} }
