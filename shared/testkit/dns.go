package testkit

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// NameServer is a name server on loopback.
type NameServer struct {
	Address string // host:port, for UDP and TCP
	zone    zone
	asked   atomic.Int64
}

// Asked is how many questions came.
func (n *NameServer) Asked() int64 { return n.asked.Load() }

// Resolver looks names up at the name server and nowhere else.
func (n *NameServer) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, n.Address)
	}}
}

// DNS serves a zone, in the text form of RFC 1035, over UDP and TCP until the test ends. Names that begin with `mute` get no
// answer, names that it does not know do not exist.
func DNS(t testing.TB, text string) *NameServer {
	t.Helper()
	packets, listener := samePort(t)
	z := &NameServer{Address: packets.LocalAddr().String(), zone: readZone(t, text)}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: z}, {Listener: listener, Handler: z}} {
		done := make(chan struct{})
		go func() { defer close(done); _ = server.ActivateAndServe() }() // ends with its socket
		t.Cleanup(func() {
			_ = packets.Close()
			_ = listener.Close()
			<-done
		})
	}
	return z
}

// zone holds records by name, and by name and type.
type zone map[string][]dns.RR

func readZone(t testing.TB, text string) zone {
	t.Helper()
	z := zone{}
	parser := dns.NewZoneParser(strings.NewReader(text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		name := strings.ToLower(rr.Header().Name)
		z[name] = append(z[name], rr)
		z[keyOf(name, rr.Header().Rrtype)] = append(z[keyOf(name, rr.Header().Rrtype)], rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return z
}

func keyOf(name string, kind uint16) string { return fmt.Sprint(name, kind) }

// ServeDNS answers one question and follows aliases within the zone.
func (n *NameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	n.asked.Add(1)
	z, asked := n.zone, q.Question[0]
	answer, name := new(dns.Msg).SetReply(q), strings.ToLower(asked.Name)
	if strings.HasPrefix(name, "mute") {
		return
	}
	for alias := z[keyOf(name, dns.TypeCNAME)]; len(alias) > 0; alias = z[keyOf(name, dns.TypeCNAME)] {
		answer.Answer, name = append(answer.Answer, alias[0]), alias[0].(*dns.CNAME).Target
	}
	if len(z[name]) == 0 {
		answer.Rcode = dns.RcodeNameError
	}
	answer.Answer = append(answer.Answer, z[keyOf(name, asked.Qtype)]...)
	if w.LocalAddr().Network() == "udp" {
		answer.Truncate(dns.MinMsgSize)
	}
	_ = w.WriteMsg(answer)
}

// samePort opens one port of loopback for UDP and TCP.
func samePort(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 50 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		_ = packets.Close()
	}
	t.Fatal("found no port that is free for both UDP and TCP")
	return nil, nil
}
