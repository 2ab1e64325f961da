package relay

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	keepBuffer   = 8 << 10 // of a frame buffer between questions: thousands of connections keep one
	writeTimeout = 10 * time.Second
)

// Conn is an open connection to one relay. Several questions may be asked at once, from several goroutines, beside live
// subscriptions. One goroutine reads, only while a question or a live subscription is open, and calls their functions one
// after the other: while one of them runs, nothing else is read, so a slow caller slows the relay down, and a function that
// asks on its own connection waits for ever. A question that ran out of time or was canceled ends the connection with
// everything on it, because the rest of its answer may be on the way: dial again.
type Conn struct {
	url      URL
	ws       *websocket.Conn
	raw      net.Conn
	timings  Timings
	header   http.Header
	state    *tls.ConnectionState
	tlsError error
	frameMax int
	born     time.Time

	life context.Context // ends with the connection
	kill context.CancelFunc
	subs atomic.Uint64

	// The reader's.
	buf                            []byte
	frame                          Frame // aliases buf
	pings, strays, late, malformed allowance

	mu        sync.Mutex // of all below, and of what question.go says
	broken    *Error     // why the connection ended
	challenge string
	open      []*question   // oldest first
	current   *question     // whose frame is being handled
	reading   bool          // a goroutine reads
	waiting   bool          // the reader waits for a frame
	since     time.Duration // when it began to, on the clock of now
	listened  time.Duration // how long the reader waited before that
}

func newConn(u URL, frameMax int) *Conn {
	c := &Conn{
		url: u, frameMax: frameMax, born: time.Now(),
		pings:     allowance{max: maxControls, every: controlPeriod},
		strays:    allowance{max: maxStrays, every: strayPeriod},
		late:      allowance{max: maxLate, every: latePeriod},
		malformed: allowance{max: maxMalformed, every: malformedPeriod},
	}
	c.life, c.kill = context.WithCancel(context.Background())
	return c
}

// Connect opens a WebSocket to a relay: no compression, no redirects. ctx bounds the whole of it; afterwards the
// connection lives until Close. Errors are *Error.
func (d *Dialer) Connect(ctx context.Context, u URL) (*Conn, error) {
	if d.denies(u) {
		return nil, &Error{Class: ClassDenied}
	}
	c := newConn(u, int(d.opt.FrameMax))
	var err error
	if c.raw, err = d.dial(ctx, u.Host(), portOf(u), &c.timings); err != nil {
		return nil, connectError(err)
	}
	stream := c.raw
	if u.Secure() {
		secured, fault, err := d.secure(ctx, c.raw, u.Host(), &c.timings)
		if err != nil {
			return nil, err
		}
		state := secured.ConnectionState()
		stream, c.state, c.tlsError = secured, &state, fault
	}
	if err := c.upgrade(ctx, d, stream); err != nil {
		_ = c.raw.Close()
		return nil, err
	}
	return c, nil
}

func portOf(u URL) string {
	_, port, _ := net.SplitHostPort(u.Address())
	return port
}

func (c *Conn) upgrade(ctx context.Context, d *Dialer, stream net.Conn) error {
	start := time.Now()
	stream = speakFirst(stream)
	given := func(context.Context, string, string) (net.Conn, error) { return stream, nil }
	transport := &http.Transport{
		DialContext: given, DialTLSContext: given, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader,
	}
	ws, resp, err := websocket.Dial(ctx, c.url.HTTP(), &websocket.DialOptions{
		HTTPClient:     &http.Client{Transport: transport, CheckRedirect: noRedirect},
		HTTPHeader:     d.header(),
		OnPingReceived: func(context.Context, []byte) bool { return c.control() },
		OnPongReceived: func(context.Context, []byte) { c.control() },
	})
	c.timings.Upgrade = time.Since(start)
	if err != nil {
		return upgradeError(resp, err)
	}
	ws.SetReadLimit(-1) // readAll bounds a message
	c.ws, c.header = ws, resp.Header
	return nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func upgradeError(resp *http.Response, err error) *Error {
	if resp != nil {
		return &Error{Class: ClassUpgrade, Status: resp.StatusCode, Header: resp.Header, Text: cut(resp.Status), Err: err}
	}
	if e := connectError(err); e.Class == ClassTimeout || e.Class == ClassCanceled {
		return e
	}
	return &Error{Class: ClassUpgrade, Err: err}
}

// control counts pings and pongs, which end no deadline, and ends a connection that lives on them.
func (c *Conn) control() bool {
	if !c.pings.spend(c.now(), 1) {
		c.abort(&Error{Class: ClassFlood})
		return false
	}
	return true
}

// now is the age of the connection: one reading of the clock, where time.Now takes two.
func (c *Conn) now() time.Duration { return time.Since(c.born) }

// URL is the relay that was dialled.
func (c *Conn) URL() URL { return c.url }

// Timings say how long connecting took.
func (c *Conn) Timings() Timings { return c.timings }

// Header is the header of the relay's answer to the upgrade.
func (c *Conn) Header() http.Header { return c.header }

// TLS is the state of the TLS connection, nil without TLS.
func (c *Conn) TLS() *tls.ConnectionState { return c.state }

// TLSVerified says that the relay is asked over TLS and that its certificate is good.
func (c *Conn) TLSVerified() bool { return c.state != nil && c.tlsError == nil }

// TLSError is the fault of the certificate of a connection that was let through all the same.
func (c *Conn) TLSError() error { return c.tlsError }

// Remote is the address of the relay, or of the proxy.
func (c *Conn) Remote() netip.AddrPort {
	addr, _ := netip.ParseAddrPort(c.raw.RemoteAddr().String())
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// Challenge is the last AUTH challenge (NIP-42) that arrived while a question or a live subscription was open, "" when
// there was none. Challenges over 1 KiB are passed over.
func (c *Conn) Challenge() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.challenge
}

// Done is closed when the connection is closed or known to be lost. Without an open question or live subscription nothing
// is read, and a loss is not seen.
func (c *Conn) Done() <-chan struct{} { return c.life.Done() }

// Err is the *Error that ended the connection, nil while it stands.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		return nil
	}
	return c.broken
}

// Close ends the connection at once, also under waiting questions, which then fail with ClassCanceled. It does not wait
// for a function of a question that is running, so it may be called from one. A closed connection may be closed again.
func (c *Conn) Close() {
	c.abort(&Error{Class: ClassCanceled, Err: net.ErrClosed})
	_ = c.ws.CloseNow()
}

// abort ends the connection and everything that is open on it. The first reason stays. It closes the socket beneath the
// WebSocket, which is safe from any goroutine, also from a control frame's callback.
func (c *Conn) abort(reason error) {
	c.mu.Lock()
	if c.broken == nil {
		c.broken = readError(reason)
		c.kill()
	}
	c.mu.Unlock()
	_ = c.raw.Close() // before anybody learns of the end: who dials again finds the place free
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) > 0 {
		c.open[0].broke(c.broken)
	}
}

// write outlives the end of ctx, which ends the connection in the one way that says why: see begin.
func (c *Conn) write(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageText, message)
}
