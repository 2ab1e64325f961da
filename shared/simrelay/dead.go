package simrelay

import (
	"io"
	"net"
	"net/http"
)

// occupy holds the relay's port as the near end of a connection to a helper socket: nothing listens there, so a dialer
// is refused, and nobody else is given the port meanwhile.
func (r *Relay) occupy(run *running) error {
	far, err := net.Listen("tcp", "127.0.0.1:0")
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

// swallow accepts and never answers; Stop closes what was accepted.
func swallow(l net.Listener) {
	for {
		if _, err := l.Accept(); err != nil {
			return
		}
	}
}

// page answers as a web server that is no relay.
func (m DeadMode) page(w http.ResponseWriter, _ *http.Request) {
	if m == HTTPForbidden {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><title>Nothing to see</title><p>This is a web page.</p>")
}
