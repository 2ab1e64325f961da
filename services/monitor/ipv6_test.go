package monitor

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// hosted starts a relay at an address under a name of its own.
func hosted(t *testing.T, host, address string, m simrelay.Manners) string {
	t.Helper()
	r := simrelay.New(host, m, nil, simrelay.WithAddr(address+":0"), simrelay.WithHost(host))
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r.URL()
}

func ipv6Of(t *testing.T, c *ingest.Check) string {
	t.Helper()
	r := result(t, c, "ipv6")
	if r.Ok != (r.RttMs > 0) {
		t.Errorf("%s: got ok %v after %d ms", c.Relay, r.Ok, r.RttMs)
	}
	return r.Reason
}

// TestIPv6IsTriedByItself checks relays that have IPv6 addresses, work there or do not: none is blamed before another one has
// shown that we have IPv6.
func TestIPv6IsTriedByItself(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.options.Allow = append(p.options.Allow, netip.MustParsePrefix("::1/128"))
	dns := testkit.DNS(t, `
four.example.com. 60 IN A 127.0.0.1
half.example.com. 60 IN A 127.0.0.1
half.example.com. 60 IN AAAA ::1
six.example.com. 60 IN AAAA ::1
lost.example.com. 60 IN AAAA ::1
gone.example.com. 60 IN A 127.0.0.1
gone.example.com. 60 IN AAAA ::1
inside.example.com. 60 IN A 127.0.0.1
inside.example.com. 60 IN AAAA fd00::1
`)
	p.options.Resolver, p.cfg.DNSServers = dns.Resolver(), []string{dns.Address}
	four := hosted(t, "four.example.com", "127.0.0.1", simrelay.Manners{})
	half := hosted(t, "half.example.com", "127.0.0.1", simrelay.Manners{})
	six := hosted(t, "six.example.com", "[::1]", simrelay.Manners{})
	lost := hosted(t, "lost.example.com", "127.0.0.1", simrelay.Manners{})
	gone := hosted(t, "gone.example.com", "127.0.0.1", simrelay.Manners{Dead: simrelay.Refused})
	inside := hosted(t, "inside.example.com", "127.0.0.1", simrelay.Manners{})
	p.writer()
	p.monitors(1)
	for _, c := range []struct {
		what, url     string
		nth           int
		reason, state string
		degraded      bool
	}{
		{"no IPv6 address", four, 1, "not_applicable", up, false},
		{"dead there, and nothing shows that we have IPv6", half, 1, "not_measured", up, false},
		{"IPv6 alone, and nothing shows that we have it", lost, 1, "not_measured", "", true},
		{"IPv6 alone, and it works", six, 1, "", up, false},
		{"dead there", half, 2, "refused", up, false},
		{"IPv6 alone, and dead", lost, 2, "refused", down, false},
		{"dead everywhere", gone, 1, "not_open", down, false},
		{"an address that must not be dialled", inside, 1, "not_open", down, false},
	} {
		got := p.check(c.url, c.nth)
		if reason := ipv6Of(t, got); reason != c.reason || got.State != c.state || got.Degraded != c.degraded {
			t.Errorf("%s: got %q, state %q, degraded %v, want %q, %q, %v", c.what, reason, got.State, got.Degraded, c.reason, c.state, c.degraded)
		}
	}
}

// TestIPv6NeedsProof looks at the rule itself.
func TestIPv6NeedsProof(t *testing.T) {
	var s sixWorks
	start := time.Unix(1_800_000_000, 0)
	if s.blames(start) {
		t.Error("nothing was reached, and a relay is blamed")
	}
	s.reached(start)
	for i := range sixInARow {
		if !s.blames(start.Add(time.Hour)) {
			t.Errorf("failure %d in a row: got nobody blamed, want the relay", i+1)
		}
	}
	if s.blames(start.Add(time.Hour)) {
		t.Errorf("%d failures in a row: got the relay blamed, want us", sixInARow+1)
	}
	if s.reached(start); s.blames(start.Add(sixProof)) {
		t.Error("the last proof is old, and a relay is blamed")
	}
}

// TestReachIsGuarded wants no connection to what the guard refuses, whoever names it.
func TestReachIsGuarded(t *testing.T) {
	listener := hosted(t, "127.0.0.1", "[::1]", simrelay.Manners{})
	u, err := relay.Anywhere.Parse(listener)
	if err != nil {
		t.Fatal(err)
	}
	onion := relay.URL("ws://" + strings.Repeat("a", 56) + ".onion")
	loop, mapped := netip.MustParseAddr("::1"), netip.MustParseAddr("::ffff:127.0.0.1")
	open := relay.NewDialer(relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("::1/128")}})
	for what, c := range map[string]struct {
		dialer *relay.Dialer
		url    relay.URL
		addrs  []netip.Addr
		want   string
	}{
		"loopback":            {relay.NewDialer(relay.Options{}), u, []netip.Addr{loop}, "reserved"},
		"mapped IPv4":         {open, u, []netip.Addr{mapped}, "reserved"},
		"one of two is bad":   {open, u, []netip.Addr{loop, netip.MustParseAddr("fe80::1")}, "reserved"},
		"NAT64":               {open, u, []netip.Addr{netip.MustParseAddr("64:ff9b::7f00:1")}, "reserved"},
		"an overlay":          {open, onion, []netip.Addr{loop}, "reserved"},
		"no address":          {open, u, nil, "reserved"},
		"who opted out":       {relay.NewDialer(relay.Options{Denied: func(relay.URL) bool { return true }}), u, []netip.Addr{loop}, "denied"},
		"what may be dialled": {open, u, []netip.Addr{loop}, ""},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		took, err := c.dialer.Reach(ctx, c.url, c.addrs)
		cancel()
		if got := reasonOf(err); got != c.want || (err == nil) != (took > 0) {
			t.Errorf("%s: got %q after %s, want %q", what, got, took, c.want)
		}
	}
}
