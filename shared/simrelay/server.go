package simrelay

import (
	"context"
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
	if r.manners.Dead != Alive {
		handler = r.manners.Dead.page
	}
	return &http.Server{
		Handler:           http.HandlerFunc(handler),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, wireKey{}, c) },
		ConnState: func(c net.Conn, s http.ConnState) {
			if w, ok := c.(*wire); ok && s == http.StateClosed {
				r.forget(run, w)
			}
		},
	}
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
	wire := req.Context().Value(wireKey{}).(*wire)
	ws, err := websocket.Accept(w, req, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered with the status
	}
	defer r.forget(run, wire)
	newSession(r, run.ctx, ws, wire).run()
}
