package relay

import (
	"io"
	"net"
	"testing"
	"time"
)

func TestNothingIsReadBeforeWeSpoke(t *testing.T) {
	eager := listenRaw(t, func(conn net.Conn) { _, _ = conn.Write([]byte("x")); _, _ = io.Copy(io.Discard, conn) })
	raw, err := net.Dial("tcp", eager)
	if err != nil {
		t.Fatal(err)
	}
	conn := speakFirst(raw)
	defer conn.Close()
	got := make(chan int, 1)
	go func() {
		n, _ := conn.Read(make([]byte, 1))
		got <- n
	}()
	select {
	case n := <-got:
		t.Fatalf("Read got %d bytes before the first Write, want it to wait", n)
	case <-time.After(100 * time.Millisecond):
	}
	_, _ = conn.Write([]byte("y"))
	if n := <-got; n != 1 {
		t.Errorf("Read got %d bytes after the first Write, want 1", n)
	}
}
