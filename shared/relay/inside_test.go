package relay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// inside are hosts that lead, or could lead, to something that a stranger has no business with: literally, or by what a
// name server answers. What the parser refuses is tried without the parser, too.
var inside = []struct {
	host    string
	answers string // of the name server, with spaces between; empty = it is not asked, or knows nothing
}{
	// Addresses as they stand in a URL.
	{host: "127.0.0.1"}, {host: "127.0.0.2"}, {host: "127.255.255.254"}, {host: "0.0.0.0"}, {host: "0.1.2.3"},
	{host: "10.0.0.1"}, {host: "100.64.0.1"}, {host: "169.254.169.254"}, {host: "172.16.0.1"}, {host: "172.31.255.255"},
	{host: "192.0.0.1"}, {host: "192.0.0.170"}, {host: "192.0.2.1"}, {host: "192.88.99.1"}, {host: "192.168.0.1"},
	{host: "198.18.0.1"}, {host: "198.19.255.255"}, {host: "198.51.100.1"}, {host: "203.0.113.1"}, {host: "224.0.0.1"},
	{host: "240.0.0.1"}, {host: "255.255.255.255"},
	{host: "[::1]"}, {host: "[::]"}, {host: "[::ffff:127.0.0.1]"}, {host: "[::ffff:7f00:1]"}, {host: "[::ffff:10.0.0.1]"},
	{host: "[::7f00:1]"}, {host: "[64:ff9b::7f00:1]"}, {host: "[64:ff9b::10.0.0.1]"}, {host: "[64:ff9b:1::1]"},
	{host: "[64:ff9b:1:7f00:0:100::]"}, {host: "[2002:7f00:1::]"}, {host: "[2002:a00:1::1]"}, {host: "[2001::1]"},
	{host: "[2001:db8::1]"}, {host: "[3fff::1]"}, {host: "[5f00::1]"}, {host: "[fc00::1]"}, {host: "[fd12:3456::1]"},
	{host: "[fe80::1]"}, {host: "[fe80::1%25lo]"}, {host: "[fec0::1]"}, {host: "[ff02::1]"}, {host: "[100::1]"},
	// Addresses in the odd forms that some resolvers know.
	{"0x7f.0.0.1", "127.0.0.1"}, {"0x7f.0.0.0x1", "127.0.0.1"}, {"0x7f000001", "127.0.0.1"}, {"2130706433", "127.0.0.1"},
	{"127.1", "127.0.0.1"}, {"0177.0.0.1", "127.0.0.1"}, {"127.0.0.1.", "127.0.0.1"}, {"%31%32%37.0.0.1", "127.0.0.1"},
	// Names of one label, of containers, and under what no public DNS serves.
	{"localhost", "127.0.0.1"}, {"LOCALHOST.", "127.0.0.1"}, {"foo.localhost", "127.0.0.1"}, {"postgres", "127.0.0.1"},
	{"nats.brotr_default", "127.0.0.1"}, {"bigbrotr-grafana.bigbrotr_monitoring-network", "127.0.0.1"},
	{"relay.local", "127.0.0.1"}, {"db.internal", "127.0.0.1"}, {"router.lan", "127.0.0.1"}, {"nas.home", "127.0.0.1"},
	{"x.corp", "127.0.0.1"}, {"x.intranet", "127.0.0.1"}, {"x.private", "127.0.0.1"}, {"x.localdomain", "127.0.0.1"},
	{"relay.test", "127.0.0.1"}, {"relay.example", "127.0.0.1"}, {"relay.invalid", "127.0.0.1"}, {"x.alt", "127.0.0.1"},
	{"1.0.0.127.in-addr.arpa", "127.0.0.1"}, {"x.home.arpa", "127.0.0.1"},
	// Good names with bad answers.
	{"a4.evil.com", "127.0.0.1"}, {"A4-upper.evil.com.", "127.0.0.1"}, {"a6.evil.com", "::1"}, {"zero.evil.com", "0.0.0.0"},
	{"zero6.evil.com", "::"}, {"private.evil.com", "10.0.0.1"}, {"cgnat.evil.com", "100.64.0.1"},
	{"metadata.evil.com", "169.254.169.254"}, {"mapped.evil.com", "::ffff:127.0.0.1"}, {"compat.evil.com", "::7f00:1"},
	{"nat64.evil.com", "64:ff9b::7f00:1"}, {"nat64local.evil.com", "64:ff9b:1::7f00:1"}, {"sixtofour.evil.com", "2002:7f00:1::"},
	{"teredo.evil.com", "2001::1"}, {"ula.evil.com", "fd00::1"}, {"link.evil.com", "fe80::1"}, {"site.evil.com", "fec0::1"},
	{"many.evil.com", "224.0.0.1"}, {"mixed.evil.com", "8.8.8.8 127.0.0.1"}, {"mixed6.evil.com", "2606:4700::1 ::1"},
	{"mixed46.evil.com", "8.8.8.8 ::1"},
}

// TestNothingReachesInside tries every way to dial on every such host, with listeners where loopback would lead: each
// attempt is refused by the guard, and no listener gets a connection.
func TestNothingReachesInside(t *testing.T) {
	if len(inside) < 60 {
		t.Fatalf("got %d hosts, want at least 60", len(inside))
	}
	four, six := newCanary(t, "127.0.0.1:0"), newCanary(t, "[::1]:0")
	names := map[string][][]string{}
	for _, row := range inside {
		if row.answers != "" {
			names[strings.ToLower(strings.TrimSuffix(row.host, "."))+"."] = [][]string{strings.Fields(row.answers)}
		}
	}
	d := NewDialer(Options{Resolver: newNameServer(t, names).resolver()})
	for _, row := range inside {
		for _, port := range []string{four.port(), six.port()} {
			for way, try := range ways(d, row.host+":"+port) {
				checkReserved(t, way+" "+row.host, try)
			}
		}
	}
	if n := four.reached.Load() + six.reached.Load(); n != 0 {
		t.Errorf("canaries got %d connections, want none", n)
	}
}

// ways are all that dials at a stranger's word.
func ways(d *Dialer, authority string) map[string]func(context.Context) error {
	connect := func(scheme string) func(context.Context) error {
		return func(ctx context.Context) error { _, err := d.Connect(ctx, URL(scheme+"://"+authority)); return err }
	}
	return map[string]func(context.Context) error{
		"ws": connect("ws"), "wss": connect("wss"),
		"NIP-11": func(ctx context.Context) error {
			if _, err := http.NewRequest(http.MethodGet, "http://"+authority, nil); err != nil {
				return &Error{Class: ClassReserved} // net/http refuses it by itself
			}
			_, err := d.Info(ctx, URL("ws://"+authority))
			return err
		},
		"GET":          func(ctx context.Context) error { return get(ctx, d, "https://u:p@"+authority+"/") },
		"GET in clear": func(ctx context.Context) error { return get(ctx, d, "http://u:p@"+authority+"/") },
	}
}

// TestNoRedirectLeadsInside has a good server send its visitors to each of these hosts, by every sort of redirect.
func TestNoRedirectLeadsInside(t *testing.T) {
	four, six := newCanary(t, "127.0.0.1:0"), newCanary(t, "[::1]:0")
	names := map[string][][]string{"good.com.": {{"127.0.0.9"}}}
	for _, row := range inside {
		if row.answers != "" {
			names[strings.ToLower(strings.TrimSuffix(row.host, "."))+"."] = [][]string{strings.Fields(row.answers)}
		}
	}
	d := NewDialer(Options{Resolver: newNameServer(t, names).resolver(), Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32")}})
	var target string
	var status, visits int
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		visits++
		w.Header().Set("Location", target)
		w.WriteHeader(status)
	}))
	server.Listener = listenAt(t, "127.0.0.9:0")
	server.Start()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	good := "good.com:" + port
	for i, row := range inside {
		status = []int{301, 302, 303, 307, 308}[i%5]
		for _, scheme := range []string{"http", "https"} {
			target = fmt.Sprintf("%s://%s:%s/", scheme, row.host, four.port())
			for way, try := range map[string]func() error{
				"NIP-11": func() error { _, err := d.Info(t.Context(), URL("ws://"+good)); return err },
				"GET":    func() error { return get(t.Context(), d, "http://"+good) },
				"ws":     func() error { _, err := d.Connect(t.Context(), URL("ws://"+good)); return err },
			} {
				if err := try(); err == nil {
					t.Errorf("%s with a redirect to %s got no error", way, target)
				}
			}
		}
	}
	if n := four.reached.Load() + six.reached.Load(); n != 0 {
		t.Errorf("canaries got %d connections, want none", n)
	}
	if visits != len(inside)*6 {
		t.Errorf("the server that redirects got %d visits, want %d", visits, len(inside)*6)
	}
}

// TestParserRefusesWhatIsInside: literal addresses and names that are local by their form become no candidates.
func TestParserRefusesWhatIsInside(t *testing.T) {
	for _, row := range inside {
		good := strings.Contains(row.host, ".evil.com")
		for _, scheme := range []string{"", "ws://", "wss://", "http://", "https://user:password@"} {
			if u, err := ParseURL(scheme + row.host); (err == nil) != good {
				t.Errorf("ParseURL(%s%s) got %q, %v, want accepted %v", scheme, row.host, u, err, good)
			}
		}
	}
}
