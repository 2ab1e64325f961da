package simrelay

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

type wireKey struct{}

// maxMessage is the longest message a client may send.
const maxMessage = 1 << 20

func (r *Relay) newServer(run *running) *http.Server {
	handler := func(w http.ResponseWriter, req *http.Request) { r.serveHTTP(run, w, req) }
	switch r.manners.Dead {
	case Alive:
	case Babble:
		handler = func(w http.ResponseWriter, req *http.Request) { r.babble(run, w, req) }
	default:
		handler = r.manners.Dead.page
	}
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			r.sign(w.Header())
			handler(w, req)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, wireKey{}, c) },
		ConnState: func(c net.Conn, s http.ConnState) {
			if w, ok := wireOf(c); ok && s == http.StateClosed {
				r.forget(run, w)
			}
		},
	}
}

// wireOf is the wire beneath a connection, which TLS may cover.
func wireOf(c net.Conn) (*wire, bool) {
	if covered, ok := c.(*tls.Conn); ok {
		c = covered.NetConn()
	}
	w, ok := c.(*wire)
	return w, ok
}

func (r *Relay) serveHTTP(run *running, w http.ResponseWriter, req *http.Request) {
	if !strings.EqualFold(req.Header.Get("Upgrade"), "websocket") {
		r.serveInfo(w, req)
		return
	}
	if !r.enter(run) {
		return
	}
	defer run.done.Done()
	wire, _ := wireOf(req.Context().Value(wireKey{}).(net.Conn))
	ws, err := websocket.Accept(w, req, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered with the status
	}
	defer r.forget(run, wire)
	newSession(r, run.ctx, ws, wire).run()
}

// sign says what the server is.
func (r *Relay) sign(h http.Header) {
	for name, value := range map[string]string{"Server": r.manners.Server, "X-Powered-By": r.manners.PoweredBy} {
		if value != "" {
			h.Set(name, value)
		}
	}
}
