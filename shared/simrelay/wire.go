package simrelay

import (
	"net"
	"sync"
	"sync/atomic"
)

// wireBuffer is how many bytes of an answer are collected before they go to the kernel in one write.
const wireBuffer = 64 << 10

// wire is a TCP connection whose writes can be corked: an answer of hundreds of frames costs a few system calls
// instead of one per frame, which is what lets one relay serve a benchmark on a fraction of a core.
type wire struct {
	net.Conn
	written atomic.Int64

	mu    sync.Mutex
	corks int
	buf   []byte
}

// Write sends at once, or collects while the wire is corked.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written.Add(int64(len(p)))
	if w.corks == 0 {
		return w.Conn.Write(p)
	}
	if len(w.buf)+len(p) > wireBuffer {
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}

func (w *wire) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.Conn.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

func (w *wire) cork() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corks++
}

// uncork flushes what all writers collected, even if another one is still corked.
func (w *wire) uncork() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corks--
	_ = w.flush() // the reader of this connection meets the same broken socket
}

// wireListener wraps every accepted connection.
type wireListener struct {
	net.Listener
	accepted func(*wire)
}

// Accept waits for the next connection.
func (l wireListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: c}
	l.accepted(w)
	return w, nil
}
