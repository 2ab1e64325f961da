package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxRedirects = 2
	httpTimeout  = 30 * time.Second
)

// HTTPClient is a client for what is fetched over HTTP: every connection, also those of its at most two redirects, goes
// through the guard, and overlay names through their proxy. It follows no proxy of the environment and keeps no
// connection. Bodies are the caller's to bound.
func (d *Dialer) HTTPClient() *http.Client {
	transport := &http.Transport{
		DialContext:            d.dialPlain,
		DialTLSContext:         d.dialTLS,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHeader,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1 is enough
	}
	return &http.Client{Transport: agent{transport, d}, CheckRedirect: checkRedirect, Timeout: httpTimeout}
}

// asking is the key under which a request's own context travels. A transport dials with one that outlives the request, for the
// sake of requests to come; ours has none, and a relay that never shakes hands would hold a socket for ever.
type asking struct{}

// request is the context of the request for which a transport dials.
func request(dialing context.Context) context.Context {
	if ctx, ok := dialing.Value(asking{}).(context.Context); ok {
		return ctx
	}
	return dialing
}

func (d *Dialer) dialAddress(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &Error{Class: ClassReserved, Err: err}
	}
	var t Timings
	conn, err := d.dial(ctx, host, port, &t)
	if err != nil {
		return nil, connectError(err)
	}
	return conn, nil
}

func (d *Dialer) dialPlain(ctx context.Context, _, address string) (net.Conn, error) {
	conn, err := d.dialAddress(request(ctx), address)
	if err != nil {
		return nil, err
	}
	return speakFirst(conn), nil
}

func (d *Dialer) dialTLS(ctx context.Context, _, address string) (net.Conn, error) {
	ctx = request(ctx)
	raw, err := d.dialAddress(ctx, address)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(address)
	var t Timings
	conn, _, err := d.secure(ctx, raw, host, &t)
	if err != nil {
		return nil, err
	}
	return speakFirst(conn), nil
}

func checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("follow more than %d redirects", maxRedirects)
	}
	return nil
}

// agent looks at every request, also redirected ones: it leaves those alone who opted out, says who asks, and has a dial end with
// its request.
type agent struct {
	next   http.RoundTripper
	dialer *Dialer
}

func (a agent) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.dialer.deniesRequest(req.URL) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, &Error{Class: ClassDenied}
	}
	req = req.Clone(context.WithValue(req.Context(), asking{}, req.Context()))
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", a.dialer.opt.UserAgent)
	}
	return a.next.RoundTrip(req)
}

// deniesRequest judges an address as that of the relay which would be there, or at its root where a relay's URL could not
// have such a path.
func (d *Dialer) deniesRequest(u *url.URL) bool {
	root := "ws" + strings.TrimPrefix(u.Scheme, "http") + "://" + u.Host
	relay, err := d.Parser().Parse(root + u.EscapedPath())
	if err != nil {
		relay, err = d.Parser().Parse(root)
	}
	return err == nil && d.denies(relay)
}

// readBody reads at most limit bytes, whatever length was announced.
func readBody(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return body[:limit], &Error{Class: ClassTooLarge}
	}
	if err != nil {
		return body, httpError(err)
	}
	return body, nil
}

// httpError classes what an HTTP request gave.
func httpError(err error) *Error {
	e := connectError(err)
	if _, known := errors.AsType[*Error](err); !known && e.Class == ClassUnreachable {
		return &Error{Class: ClassDisconnect, Err: err}
	}
	return e
}
