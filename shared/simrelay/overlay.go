package simrelay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
)

// Overlay is Tor, I2P or Lokinet as a client sees it: a SOCKS5 proxy on loopback that leads names, which no name server
// knows, to relays. It wants credentials, and takes any.
type Overlay struct {
	// Silent makes it accept connections and never answer. It is set before Start.
	Silent bool

	mu       sync.Mutex
	address  string
	targets  map[string]string // name:port → host:port of its relay
	asked    []Asked
	listener net.Listener
	open     map[net.Conn]struct{}
	done     sync.WaitGroup
}

// Asked is one connection that an overlay's proxy was asked for.
type Asked struct {
	User   string // of the credentials, by which Tor keeps circuits apart
	Target string // name:port; an address that was resolved before it came here is refused and stands as it came
	Joined bool   // the relay was connected to
}

// NewOverlay makes an overlay that knows these names, each as name:port with the host:port of its relay. It is not
// listening yet.
func NewOverlay(targets map[string]string) *Overlay {
	return &Overlay{address: "127.0.0.1:0", targets: targets, open: map[net.Conn]struct{}{}}
}

// Start listens until Stop. An overlay that was stopped starts again on its old port.
func (o *Overlay) Start() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.listener != nil {
		return errors.New("start an overlay that is running")
	}
	l, err := net.Listen("tcp", o.address)
	if err != nil {
		return fmt.Errorf("start overlay: %w", err)
	}
	o.listener, o.address = l, l.Addr().String()
	o.done.Go(func() { o.accept(l) })
	return nil
}

// Stop cuts every connection and returns when all goroutines are gone. It is safe to call twice.
func (o *Overlay) Stop() {
	o.mu.Lock()
	if o.listener != nil {
		_ = o.listener.Close()
		o.listener = nil
	}
	for conn := range o.open {
		_ = conn.Close()
	}
	o.mu.Unlock()
	o.done.Wait()
}

// Address is the proxy's host:port, known from the first Start on.
func (o *Overlay) Address() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.address
}

// URL is the proxy as settings have it, such as TOR_PROXY.
func (o *Overlay) URL() string { return "socks5h://" + o.Address() }

// Asked returns what the proxy was asked for, in order.
func (o *Overlay) Asked() []Asked {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.asked)
}

// Waiting returns how many connections to the proxy and through it are open.
func (o *Overlay) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.open)
}

func (o *Overlay) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		o.done.Go(func() {
			if o.hold(conn) {
				o.serve(conn)
			}
			o.release(conn)
		})
	}
}

// hold keeps a connection for Stop to cut.
func (o *Overlay) hold(conn net.Conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open[conn] = struct{}{}
	return o.listener != nil
}

func (o *Overlay) release(conn net.Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, conn)
	_ = conn.Close()
}

func (o *Overlay) serve(conn net.Conn) {
	if o.Silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	user, target, named, err := greet(conn)
	if err != nil {
		return
	}
	if !named {
		o.note(Asked{User: user, Target: target})
		_, _ = conn.Write(socksReply(socksBadAddress))
		return
	}
	o.join(conn, user, target)
}

func (o *Overlay) note(a Asked) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, a)
}

// join connects a client with the relay of a name, until either hangs up.
func (o *Overlay) join(conn net.Conn, user, name string) {
	relay, err := net.Dial("tcp", o.targets[name]) // "" of an unknown name cannot be dialled
	o.note(Asked{User: user, Target: name, Joined: err == nil})
	if err != nil {
		_, _ = conn.Write(socksReply(socksUnreachable))
		return
	}
	defer relay.Close()
	_, _ = conn.Write(socksReply(socksGranted))
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(conn, relay); _ = conn.Close() })
	_, _ = io.Copy(relay, conn)
	_ = relay.Close()
	back.Wait()
}

// Words of SOCKS5 (RFC 1928, RFC 1929).
const (
	socksGranted     = 0
	socksUnreachable = 4
	socksBadAddress  = 8
	socksIPv4        = 1
	socksName        = 3
	socksIPv6        = 4
)

func socksReply(code byte) []byte { return []byte{5, code, 0, socksIPv4, 0, 0, 0, 0, 0, 0} }

// greet takes a client's credentials and reads what it wants to be connected to; named says that this is a name.
func greet(conn net.Conn) (user, target string, named bool, err error) {
	c := socksClient{conn: conn}
	c.bytes(1) // version
	c.field()  // methods
	c.write(5, 2)
	c.bytes(1)
	user, _ = string(c.field()), c.field()
	c.write(1, 0)
	kind := c.bytes(4)[3]
	var host string
	switch named = kind == socksName; {
	case named:
		host = string(c.field())
	case kind == socksIPv6:
		host = net.IP(c.bytes(16)).String()
	default:
		host = net.IP(c.bytes(4)).String()
	}
	port := binary.BigEndian.Uint16(c.bytes(2))
	return user, net.JoinHostPort(host, strconv.Itoa(int(port))), named, c.err
}

// socksClient reads and writes until something fails.
type socksClient struct {
	conn net.Conn
	err  error
}

// bytes returns n bytes, zeros once something has failed.
func (c *socksClient) bytes(n int) []byte {
	b := make([]byte, n)
	if c.err == nil {
		_, c.err = io.ReadFull(c.conn, b)
	}
	return b
}

// field reads what stands behind its own length.
func (c *socksClient) field() []byte { return c.bytes(int(c.bytes(1)[0])) }

func (c *socksClient) write(b ...byte) {
	if c.err == nil {
		_, c.err = c.conn.Write(b)
	}
}
