package store_test

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// TestConnectionsNoticeThatPostgresIsGone looks at what bounds a connection whose other end does not answer any more.
func TestConnectionsNoticeThatPostgresIsGone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := store.Dialer().DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	if err := raw.Control(func(fd uintptr) {
		for name, option := range map[string]int{"user timeout": unix.TCP_USER_TIMEOUT, "idle": unix.TCP_KEEPIDLE,
			"interval": unix.TCP_KEEPINTVL, "count": unix.TCP_KEEPCNT} {
			value, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option)
			if err != nil {
				t.Error(err)
			}
			got[name] = value
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got["user timeout"] != 30_000 {
		t.Errorf("unacknowledged: got %d ms, want 30 s", got["user timeout"])
	}
	if silence := got["idle"] + got["interval"]*got["count"]; silence > 30 {
		t.Errorf("silence: got %d s until the connection is given up, want 30 at most", silence)
	}
}
