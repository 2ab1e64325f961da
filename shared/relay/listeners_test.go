package relay

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// canary is a listener that nobody may reach.
type canary struct {
	net.Listener
	reached atomic.Int64
}

func newCanary(t testing.TB, address string) *canary {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := &canary{Listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.reached.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	return c
}

func (c *canary) port() string {
	_, port, _ := net.SplitHostPort(c.Addr().String())
	return port
}

// nameServer is a real DNS server on UDP. A name's answer changes from one question to the next when it has several.
type nameServer struct {
	names   map[string][][]string // name → answers in turn → addresses
	asked   atomic.Int64
	mu      sync.Mutex
	turn    map[dnsmessage.Question]int
	address string
}

func newNameServer(t testing.TB, names map[string][][]string) *nameServer {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{names: names, turn: map[dnsmessage.Question]int{}, address: socket.LocalAddr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for buf := make([]byte, 1500); ; {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = socket.WriteTo(s.answer(buf[:n]), from)
		}
	})
	t.Cleanup(func() { _ = socket.Close(); running.Wait() })
	return s
}

// resolver is Go's own, asking this server alone.
func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.address)
	}}
}

func (s *nameServer) answer(query []byte) []byte {
	s.asked.Add(1)
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) == 0 {
		return nil
	}
	q := m.Questions[0]
	m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RCode: dnsmessage.RCodeNameError}
	m.Additionals = nil
	if answers := s.names[strings.ToLower(q.Name.String())]; answers != nil {
		m.RCode = dnsmessage.RCodeSuccess
		s.mu.Lock()
		turn := s.turn[q]
		s.turn[q]++
		s.mu.Unlock()
		for _, text := range answers[turn%len(answers)] {
			if r, ok := resource(q, netip.MustParseAddr(text)); ok {
				m.Answers = append(m.Answers, r)
			}
		}
	}
	packed, _ := m.Pack()
	return packed
}

func resource(q dnsmessage.Question, addr netip.Addr) (dnsmessage.Resource, bool) {
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
	switch {
	case q.Type == dnsmessage.TypeA && addr.Is4():
		return dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}}, true
	case q.Type == dnsmessage.TypeAAAA && addr.Is6():
		return dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}, true
	}
	return dnsmessage.Resource{}, false
}

// startOverlay starts a SOCKS5 proxy that leads these names to one address.
func startOverlay(t testing.TB, target string, names ...string) *simrelay.Overlay {
	t.Helper()
	targets := map[string]string{}
	for _, name := range names {
		targets[name] = target
	}
	overlay := simrelay.NewOverlay(targets)
	if err := overlay.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(overlay.Stop)
	return overlay
}

func listenAt(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
