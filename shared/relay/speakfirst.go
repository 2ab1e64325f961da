package relay

import (
	"net"
	"sync"
)

// firstWord is a connection that is not read before it was written to. net/http logs what a server sends before it was
// asked, and a stranger's bytes do not belong into our log.
type firstWord struct {
	net.Conn
	spoken chan struct{}
	once   sync.Once
}

func speakFirst(conn net.Conn) net.Conn {
	return &firstWord{Conn: conn, spoken: make(chan struct{})}
}

func (c *firstWord) Read(p []byte) (int, error) {
	<-c.spoken
	return c.Conn.Read(p)
}

func (c *firstWord) Write(p []byte) (int, error) {
	c.once.Do(func() { close(c.spoken) })
	return c.Conn.Write(p)
}

func (c *firstWord) Close() error {
	c.once.Do(func() { close(c.spoken) })
	return c.Conn.Close()
}
