package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	keepBuffer    = 64 << 10 // of a frame buffer between questions
	writeTimeout  = 10 * time.Second
	maxMalformed  = 20
	maxIgnored    = 1_000 // frames that belong to no question
	maxControls   = 200   // pings and pongs beyond one in 100 ms
	controlPeriod = 100 * time.Millisecond
)

// Conn is an open connection to one relay. It is used by one goroutine at a time, which asks one question after the
// other; Close may be called from anywhere. Nothing is read unless a question is waiting for its answer, so a slow caller
// slows the relay down. A connection on which a question failed may be unusable: dial again.
type Conn struct {
	url      URL
	ws       *websocket.Conn
	raw      net.Conn
	timings  Timings
	header   http.Header
	state    *tls.ConnectionState
	tlsError error
	opened   time.Time

	buf       []byte
	subs      uint64
	challenge string
	controls  int

	mu     sync.Mutex
	broken error // why we ended the connection, nil when the relay did
}

// Connect opens a WebSocket to a relay: no compression, no redirects. ctx bounds the whole of it; afterwards the
// connection lives until Close. Errors are *Error.
func (d *Dialer) Connect(ctx context.Context, u URL) (*Conn, error) {
	if d.opt.Deny.Denies(u) {
		return nil, &Error{Class: ClassDenied}
	}
	c := &Conn{url: u}
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
	c.opened = time.Now()
	c.timings.Upgrade = c.opened.Sub(start)
	if err != nil {
		return upgradeError(resp, err)
	}
	ws.SetReadLimit(d.opt.FrameMax)
	c.ws, c.header = ws, resp.Header
	return nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func upgradeError(resp *http.Response, err error) *Error {
	if resp != nil {
		return &Error{Class: ClassUpgrade, Status: resp.StatusCode, Text: cut(resp.Status), Err: err}
	}
	if e := connectError(err); e.Class == ClassTimeout || e.Class == ClassCanceled {
		return e
	}
	return &Error{Class: ClassUpgrade, Err: err}
}

// control counts pings and pongs, which end no deadline, and ends a connection that lives on them.
func (c *Conn) control() bool {
	c.controls++
	if c.controls > maxControls+int(time.Since(c.opened)/controlPeriod) {
		c.abort(&Error{Class: ClassFlood})
		return false
	}
	return true
}

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

// Challenge is the last AUTH challenge (NIP-42) that arrived during a question, "" when there was none. Challenges
// over 1 KiB are passed over.
func (c *Conn) Challenge() string { return c.challenge }

// Close ends the connection at once, also under a waiting question, which then fails with ClassCanceled. A closed
// connection may be closed again.
func (c *Conn) Close() {
	c.abort(&Error{Class: ClassCanceled, Err: net.ErrClosed})
	_ = c.ws.CloseNow()
}

// abort ends the connection for a reason of ours. The first reason stays. It closes the socket beneath the WebSocket,
// which is safe from any goroutine, also from a control frame's callback.
func (c *Conn) abort(reason error) {
	c.mu.Lock()
	if c.broken == nil {
		c.broken = reason
	}
	c.mu.Unlock()
	_ = c.raw.Close()
}

// cause prefers our own reason for the end of the connection to what the socket said about it.
func (c *Conn) cause(err error) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil && !errors.Is(err, websocket.ErrMessageTooBig) {
		err = c.broken
	}
	return readError(err)
}

// read reads one message into the connection's buffer, which the next read overwrites.
func (c *Conn) read() ([]byte, error) {
	typ, r, err := c.ws.Reader(context.Background()) // deadlines close the socket: see watch
	if err != nil {
		return nil, c.cause(err)
	}
	if c.buf, err = readAll(r, c.buf[:0]); err != nil {
		return nil, c.cause(err)
	}
	if typ != websocket.MessageText {
		return nil, nil
	}
	return c.buf, nil
}

func (c *Conn) write(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, message); err != nil {
		return c.cause(err)
	}
	return nil
}

// release gives a large buffer back between questions.
func (c *Conn) release() {
	if cap(c.buf) > keepBuffer {
		c.buf = nil
	}
}
