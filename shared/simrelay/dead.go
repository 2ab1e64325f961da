package simrelay

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// occupy holds the relay's port as the near end of a connection to a helper socket: nothing listens there, so a dialer
// is refused, and nobody else is given the port meanwhile.
func (r *Relay) occupy(run *running) error {
	far, err := net.Listen("tcp", anyAddress)
	if err != nil {
		return err
	}
	local, err := net.ResolveTCPAddr("tcp", r.addr)
	if err != nil {
		_ = far.Close()
		return err
	}
	dialer := net.Dialer{LocalAddr: local}
	near, err := dialer.Dial("tcp", far.Addr().String())
	if err != nil {
		_ = far.Close()
		return err
	}
	r.addr = near.LocalAddr().String()
	run.listener, run.decoy = far, near
	return nil
}

// swallow accepts and never answers; a connection ends when its peer leaves it, or by Stop.
func (r *Relay) swallow(run *running) {
	for {
		conn, err := run.listener.Accept()
		if err != nil {
			return
		}
		run.done.Go(func() { r.outwait(run, conn.(*wire), conn) })
	}
}

// outwait holds a connection until its peer leaves it.
func (r *Relay) outwait(run *running, w *wire, conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn)
	_ = w.Close()
	r.forget(run, w)
}

// shake accepts, shakes hands and never says more; a connection ends as those of swallow.
func (r *Relay) shake(run *running) {
	l := tls.NewListener(run.listener, r.tls)
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		run.done.Go(func() {
			secured := conn.(*tls.Conn)
			_ = secured.HandshakeContext(run.ctx)
			r.outwait(run, secured.NetConn().(*wire), secured)
		})
	}
}

// statuses are what takes the place of the upgrade.
var statuses = map[DeadMode]int{
	HTTPForbidden: http.StatusForbidden, HTTPUnavailable: http.StatusServiceUnavailable, HTTPTooMany: http.StatusTooManyRequests,
}

// page answers as a web server that is no relay.
func (m DeadMode) page(w http.ResponseWriter, _ *http.Request) {
	if status := statuses[m]; status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>Nothing to see</title><p>This is a web page.</p>")
}

// babbles is how many frames a server sends that speaks no Nostr.
const babbles = 30

// babble is a WebSocket server of another sort: it talks, and waits for its client to leave.
func (r *Relay) babble(run *running, w http.ResponseWriter, req *http.Request) {
	if !r.enter(run) {
		return
	}
	defer run.done.Done()
	wire := req.Context().Value(wireKey{}).(*wire)
	ws, err := websocket.Accept(w, req, nil)
	if err != nil {
		return
	}
	defer r.forget(run, wire)
	defer ws.CloseNow()
	for range babbles {
		if ws.Write(run.ctx, websocket.MessageText, []byte(`{"hello":"there"}`)) != nil {
			return
		}
	}
	for {
		if _, _, err := ws.Read(run.ctx); err != nil {
			return
		}
	}
}
