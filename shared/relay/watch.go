package relay

import (
	"context"
	"io"
	"time"
)

// watch bounds the reading of one answer: by ctx and by the time without a frame. It closes the socket instead of
// canceling a context per read, which costs two allocations a frame and would close the connection just the same.
type watch struct {
	conn  *Conn
	idle  time.Duration
	timer *time.Timer
	stop  func() bool
}

func (c *Conn) watch(ctx context.Context, idle time.Duration) *watch {
	w := &watch{conn: c, idle: idle}
	w.stop = context.AfterFunc(ctx, func() { c.abort(ctx.Err()) })
	w.timer = time.AfterFunc(idle, func() { c.abort(context.DeadlineExceeded) })
	return w
}

// alive starts the idle time anew.
func (w *watch) alive() { w.timer.Reset(w.idle) }

// rest stops the idle time while the caller works: its time is not the relay's.
func (w *watch) rest() { w.timer.Stop() }

// within ends the wait after a shorter time, unless alive is called.
func (w *watch) within(d time.Duration) { w.timer.Reset(d) }

func (w *watch) end() {
	w.timer.Stop()
	w.stop()
	w.conn.release()
}

// readAll appends a message to buf, which doubles as bytes arrive and not as a length claims.
func readAll(r io.Reader, buf []byte) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), max(2*cap(buf), 4096))
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}
