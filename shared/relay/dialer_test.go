package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func get(ctx context.Context, d *Dialer, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return &Error{Class: ClassReserved, Err: err} // net/http refuses some of these hosts itself
	}
	resp, err := d.HTTPClient().Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Body.Close()
}

func TestConnect(t *testing.T) {
	agents := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent() + " " + r.URL.Path + " " + r.Header.Get("Sec-WebSocket-Extensions")
		w.Header().Set("Server", "relay/1")
		if ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover}); err == nil {
			_, _, _ = ws.Read(context.WithoutCancel(r.Context()))
			_ = ws.CloseNow()
		}
	}))
	t.Cleanup(server.Close)
	d := NewDialer(Options{Allow: loopback, UserAgent: "BigBrotr/1 (+mailto:ops@example.com)"})
	conn := connect(t, d, URL("ws"+server.URL[4:]+"/a"))
	if got, want := <-agents, "BigBrotr/1 (+mailto:ops@example.com) /a "; got != want {
		t.Errorf("relay got %q, want %q", got, want)
	}
	timings := conn.Timings()
	if timings.TCP <= 0 || timings.Upgrade <= 0 || timings.TLS != 0 || timings.Open() < timings.Upgrade {
		t.Errorf("Timings got %+v, want TCP and upgrade", timings)
	}
	if conn.Header().Get("Server") != "relay/1" || conn.TLS() != nil || conn.TLSVerified() || !conn.Remote().Addr().IsLoopback() {
		t.Errorf("conn got header %v, TLS %v, remote %v", conn.Header(), conn.TLS(), conn.Remote())
	}
}

func TestConnectFailures(t *testing.T) {
	silent := listenRaw(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	ssh := listenRaw(t, func(conn net.Conn) { _, _ = conn.Write([]byte("SSH-2.0-x\r\n\r\n")) })
	long := listenRaw(t, func(conn net.Conn) {
		for _, err := conn.Write([]byte("HTTP/1.1 101 x\r\n")); err == nil; {
			_, err = conn.Write([]byte("X-Y: " + strings.Repeat("z", 4000) + "\r\n"))
		}
	})
	hangUp := listenRaw(t, func(net.Conn) {})
	dns := newNameServer(t, nil)
	closed := newCanary(t, "127.0.0.1:0")
	_ = closed.Close()
	d := NewDialer(Options{Allow: loopback, Resolver: dns.resolver(), Deny: Denylist{
		URLs: map[URL]bool{"wss://out.com": true}, Hosts: map[string]bool{"host.out.net": true}, Domains: map[string]bool{"out.org": true},
		CIDRs: []netip.Prefix{netip.MustParsePrefix("127.9.0.0/16")},
	}})
	for _, c := range []struct{ name, url, want string }{
		{"refused", "ws://" + closed.Addr().String(), "refused"},
		{"no such name", "wss://nowhere.example.com", "dns"},
		{"silent", "ws://" + silent, "timeout"},
		{"silent TLS", "wss://" + silent, "timeout"},
		{"not HTTP", "ws://" + ssh, "upgrade"},
		{"not TLS", "wss://" + ssh, "tls"},
		{"endless header", "ws://" + long, "upgrade"},
		{"hangs up", "ws://" + hangUp, "upgrade"},
		{"denied URL", "wss://out.com", "denied"},
		{"denied host", "wss://host.out.net/x", "denied"},
		{"denied domain", "wss://a.b.out.org", "denied"},
		{"denied address", "ws://127.9.1.1:1", "denied"},
		{"reserved", "ws://10.0.0.1", "reserved"},
		{"no proxy", "ws://relay.i2p", "no_proxy"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		conn, err := d.Connect(ctx, URL(c.url))
		cancel()
		if conn != nil || ReasonOf(err) != c.want {
			t.Errorf("%s: Connect got %v, want %s", c.name, err, c.want)
		}
	}
}

// listenRaw accepts TCP connections and closes each when serve returns.
func listenRaw(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer conn.Close(); serve(conn) }()
		}
	}()
	return l.Addr().String()
}

func TestUpgradeRefusalsKeepTheirStatus(t *testing.T) {
	inside := newCanary(t, "127.0.0.1:0")
	for status, want := range map[int]string{
		200: "upgrade_200", 302: "upgrade_302", 403: "upgrade_403", 404: "upgrade_404", 418: "upgrade_4xx", 429: "upgrade_429", 503: "upgrade_503",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://"+inside.Addr().String())
			w.WriteHeader(status)
		}))
		_, err := localDialer().Connect(t.Context(), URL("ws"+server.URL[4:]))
		server.Close()
		var e *Error
		if !errors.As(err, &e) || e.Status != status || e.Reason() != want {
			t.Errorf("status %d: Connect got %v, want %s", status, err, want)
		}
	}
	if inside.reached.Load() != 0 {
		t.Error("the target of a redirect was reached")
	}
}

func TestTLSIsVerifiedFirst(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ws, err := websocket.Accept(w, r, nil); err == nil {
			_, _, _ = ws.Read(context.WithoutCancel(r.Context()))
			_ = ws.CloseNow()
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	u := URL("wss" + server.URL[5:])

	good := connect(t, NewDialer(Options{Allow: loopback, RootCAs: roots}), u)
	if !good.TLSVerified() || good.TLSError() != nil || good.TLS().Version != tls.VersionTLS13 || good.Timings().TLS <= 0 {
		t.Errorf("trusted relay got verified %v, %v, %v", good.TLSVerified(), good.TLSError(), good.Timings())
	}
	if _, err := localDialer().Connect(t.Context(), u); ReasonOf(err) != "tls" {
		t.Errorf("untrusted relay got %v, want tls", err)
	}
	lax := connect(t, NewDialer(Options{Allow: loopback, AllowInsecureTLS: true}), u)
	if lax.TLSVerified() || lax.TLSError() == nil || len(lax.TLS().PeerCertificates) == 0 {
		t.Errorf("insecure relay got verified %v, fault %v, want the fault kept", lax.TLSVerified(), lax.TLSError())
	}
	wrong := NewDialer(Options{Allow: loopback, RootCAs: roots, AllowInsecureTLS: true})
	if other := connect(t, wrong, URL(strings.Replace(string(u), "127.0.0.1", "localhost", 1))); other.TLSVerified() {
		t.Error("certificate for another name got verified")
	}
}

func TestOverlayNamesGoToTheirProxyUnresolved(t *testing.T) {
	relay := serve(t, reply(`["EOSE","SUB"]`))
	onion := strings.Repeat("a", 56) + ".onion"
	socks := startOverlay(t, relay.Address(), onion+":80", "relay.i2p:80")
	dns := newNameServer(t, nil)
	via := &url.URL{Scheme: "socks5h", Host: socks.Address()}
	d := NewDialer(Options{Resolver: dns.resolver(), Proxies: map[Network]*url.URL{Tor: via, I2P: via}})
	for _, host := range []string{onion, "relay.i2p", onion} {
		conn := connect(t, d, URL("ws://"+host))
		if _, err := conn.Query(t.Context(), Request{}, nil); err != nil {
			t.Errorf("Query through the proxy got %v", err)
		}
	}
	for _, u := range []URL{"ws://relay.loki", "wss://relay.loki:8/x"} {
		if _, err := d.Connect(t.Context(), u); ReasonOf(err) != "no_proxy" {
			t.Errorf("Connect(%s) got %v, want no_proxy", u, err)
		}
	}
	if dns.asked.Load() != 0 {
		t.Errorf("name server got %d questions, want none", dns.asked.Load())
	}
	asked, users := socks.Asked(), map[string]bool{}
	for i := range asked {
		users[asked[i].User] = true
		if want := []string{onion + ":80", "relay.i2p:80", onion + ":80"}[i]; asked[i].Target != want {
			t.Errorf("proxy got %q, want %q", asked[i].Target, want)
		}
	}
	if len(asked) != 3 || len(users) != 2 {
		t.Errorf("proxy got %v, want one user for each of two hosts", asked)
	}
}

func TestProxyFailuresAreNotTheRelays(t *testing.T) {
	down := newCanary(t, "127.0.0.1:0")
	_ = down.Close()
	dns := newNameServer(t, nil)
	refusing := startOverlay(t, down.Addr().String(), "relay.loki:80")
	for proxy, want := range map[string]string{down.Addr().String(): "no_proxy", refusing.Address(): "unreachable"} {
		d := NewDialer(Options{Resolver: dns.resolver(), Proxies: map[Network]*url.URL{Loki: {Host: proxy}}})
		if _, err := d.Connect(t.Context(), "ws://relay.loki"); ReasonOf(err) != want {
			t.Errorf("Connect through %s got %v, want %s", proxy, err, want)
		}
	}
	if dns.asked.Load() != 0 {
		t.Errorf("name server got %d questions, want none", dns.asked.Load())
	}
}

func TestRaceTakesTheNextAddress(t *testing.T) {
	relay := serve(t, reply(`["EOSE","SUB"]`))
	dns := newNameServer(t, map[string][][]string{"two.example.com.": {{"::1", "127.0.0.1"}}})
	d := NewDialer(Options{Allow: loopback, Resolver: dns.resolver()})
	start := time.Now()
	conn := connect(t, d, URL("ws://two.example.com:"+portOf(relay)))
	if conn.Timings().DNS <= 0 || time.Since(start) > 2*time.Second {
		t.Errorf("Connect took %v with %+v, want the second address at once", time.Since(start), conn.Timings())
	}
	if got := interleave([]netip.Addr{netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("1.1.1.2"), netip.MustParseAddr("2606::1")}); !slices.Equal(got,
		[]netip.Addr{netip.MustParseAddr("2606::1"), netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("1.1.1.2")}) {
		t.Errorf("interleave got %v", got)
	}
}

func TestHTTPRedirectsGoThroughTheGuard(t *testing.T) {
	inside := newCanary(t, "127.0.0.2:0")
	var target string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusFound)
	}))
	t.Cleanup(server.Close)
	d := NewDialer(Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	for _, target = range []string{"http://" + inside.Addr().String(), "//" + inside.Addr().String(), "http://0x7f.0.0.0x2:" + inside.port()} {
		if err := get(t.Context(), d, server.URL); err == nil || !strings.Contains(err.Error(), "reserved") && !strings.Contains(err.Error(), "refused") {
			t.Errorf("redirect to %s got %v, want reserved", target, err)
		}
	}
	target = server.URL
	if err := get(t.Context(), d, server.URL); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("redirect loop got %v, want it ended", err)
	}
	if inside.reached.Load() != 0 {
		t.Errorf("canary got %d connections, want none", inside.reached.Load())
	}
}

func TestRegistrableDomain(t *testing.T) {
	for host, want := range map[string]string{
		"a.b.example.co.uk": "example.co.uk", "relay.damus.io": "damus.io", "8.8.8.8": "8.8.8.8", "2606:4700::1": "2606:4700::1",
		"x." + strings.Repeat("a", 56) + ".onion": strings.Repeat("a", 56) + ".onion", "a.relay.i2p": "relay.i2p",
		strings.Repeat("a", 52) + ".b32.i2p": strings.Repeat("a", 52) + ".b32.i2p", "localhost": "localhost",
		"one.up.railway.app": "one.up.railway.app",
	} {
		if got := RegistrableDomain(host); got != want {
			t.Errorf("RegistrableDomain(%s) got %s, want %s", host, got, want)
		}
	}
}
