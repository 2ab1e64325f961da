package relay

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	onion := strings.Repeat("a", 56) + ".onion"
	for _, c := range []struct{ in, want, reason string }{
		{"wss://Relay.Example.COM./", "wss://relay.example.com", ""},
		{"relay.example.com", "wss://relay.example.com", ""},
		{"https://relay.example.com:443/a/", "wss://relay.example.com/a", ""},
		{"http://relay.example.com:443", "ws://relay.example.com:443", ""},
		{"ws://relay.example.com:80", "ws://relay.example.com", ""},
		{"wss://relay.example.com:80", "wss://relay.example.com:80", ""},
		{"wss://relay.example.com:0444", "wss://relay.example.com:444", ""},
		{onion, "ws://" + onion, ""},
		{"wss://" + onion, "wss://" + onion, ""},
		{"wss://sub." + onion + "/x", "wss://sub." + onion + "/x", ""},
		{"wss://user:pw@relay.example.com/x?y#z", "wss://relay.example.com/x", ""},
		{"wss://strasse.de/%7euser/%e4", "wss://strasse.de/~user/%E4", ""},
		{"wss://stra\u00dfe.de", "wss://xn--strae-oqa.de", ""},
		{"wss://\uff52elay\u3002example.com", "wss://relay.example.com", ""},
		{"wss://re%6Cay.example.com", "wss://relay.example.com", ""},
		{"wss://relay.example.com/a/%2e%2e/b//c/", "wss://relay.example.com/b/c", ""},
		{"wss://[2606:4700:0:0::1]:443", "wss://[2606:4700::1]", ""},
		{"\ufeffwss://relay.example.com%0A", "wss://relay.example.com", ""},
		{"", "", ReasonEmpty},
		{"wss://", "", ReasonHost},
		{"wss://relay..example.com", "", ReasonHost},
		{"wss://" + strings.Repeat("a", 64) + ".com", "", ReasonHost},
		{"wss://" + strings.Repeat("a.", 130) + "com", "", ReasonHost},
		{"wss://relay.example.com/" + strings.Repeat("a", 2048), "", ReasonTooLong},
		{"wss://relay.example.com/" + strings.Repeat("\u00e9", 700), "", ReasonTooLong},
		{"wss://relay.exa mple.com", "", ReasonCharacter},
		{"wss://relay.example.com\x00", "", ReasonCharacter},
		{"wss://relay.example.com\\x", "", ReasonCharacter},
		{"wss://relay\u200b.example.com", "", ReasonCharacter},
		{"wss://relay.example.com/\xff", "", ReasonCharacter},
		{"ftp://relay.example.com", "", ReasonScheme},
		{"alice@example.com", "", ReasonScheme},
		{"javascript:alert(1)", "", ReasonLocal},
		{"wss://relay.example.com:0", "", ReasonPort},
		{"wss://relay.example.com:65536", "", ReasonPort},
		{"wss://relay.example.com:+1", "", ReasonPort},
		{"wss://relay.example.com/a,b", "", ReasonPath},
		{"wss://relay.example.com/wss://b.com", "", ReasonPath},
		{"wss://relay.example.com/a%zz", "", ReasonPath},
		{"wss://relay.example.com/%00", "", ReasonPath},
		{"wss://postgres.brotr_default", "", ReasonHost},
		{"wss://brotr-grafana.brotr_monitoring-network", "", ReasonHost},
		{"wss://0x7f.0.0.0x1", "", ReasonHost},
		{"wss://127.1", "", ReasonHost},
		{"wss://2130706433", "", ReasonHost},
		{"wss://0177.0.0.1", "", ReasonHost},
		{"wss://[fe80::1%25eth0]", "", ReasonHost},
		{"wss://[::ffff:8.8.8.8]", "", ReasonLocal},
		{"wss://[::7f00:1]", "", ReasonLocal},
		{"wss://foo.localhost", "", ReasonLocal},
		{"wss://db.internal", "", ReasonLocal},
		{"wss://relay.local", "", ReasonLocal},
		{"wss://relay", "", ReasonLocal},
	} {
		got, err := ParseURL(c.in)
		if string(got) != c.want || reasonOf(err) != c.reason {
			t.Errorf("ParseURL(%.80q) got %q %q, want %q %q", c.in, got, reasonOf(err), c.want, c.reason)
		}
	}
}

func reasonOf(err error) string {
	var e *URLError
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func TestParserAllows(t *testing.T) {
	p := Parser{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	for in, want := range map[string]URL{
		"ws://127.0.0.1:7777": "ws://127.0.0.1:7777", "ws://localhost:1": "ws://localhost:1", "ws://[fd00::1]": "ws://[fd00::1]",
		"ws://10.0.0.1": "", "ws://foo.localhost": "", "ws://[::1]": "", "ws://[::ffff:127.0.0.1]": "", "ws://relay": "",
	} {
		if got, err := p.Parse(in); got != want || (want == "") != (reasonOf(err) == ReasonLocal) {
			t.Errorf("Parse(%q) got %q %v, want %q", in, got, err, want)
		}
	}
}

func TestURLParts(t *testing.T) {
	for _, c := range []struct {
		url                       URL
		host, address, path, http string
		network                   Network
	}{
		{"wss://h.example.com", "h.example.com", "h.example.com:443", "", "https://h.example.com/", Clearnet},
		{"ws://h.i2p:81/a/b", "h.i2p", "h.i2p:81", "/a/b", "http://h.i2p:81/a/b", I2P},
		{"ws://[2606:4700::1]/x", "2606:4700::1", "[2606:4700::1]:80", "/x", "http://[2606:4700::1]/x", Clearnet},
		{"wss://[2606:4700::1]:8", "2606:4700::1", "[2606:4700::1]:8", "", "https://[2606:4700::1]:8/", Clearnet},
		{"ws://name.loki", "name.loki", "name.loki:80", "", "http://name.loki/", Loki},
	} {
		u := c.url
		if u.Host() != c.host || u.Address() != c.address || u.Path() != c.path || u.HTTP() != c.http || u.Network() != c.network {
			t.Errorf("%s got %q %q %q %q %q, want %+v", u, u.Host(), u.Address(), u.Path(), u.HTTP(), u.Network(), c)
		}
	}
}

// deviation says why a verdict of url_cases.csv is not ours; "" means that it is.
func deviation(in, verdict, canonical string, got URL) string {
	switch lower := strings.ToLower(in); {
	case strings.HasPrefix(lower, "ws://") && (string(got) == in || string(got) == "ws"+strings.TrimPrefix(canonical, "wss")):
		return "ws:// on clearnet stays ws://: another port, another service"
	case strings.HasPrefix(lower, "wss://") && got.Network() != Clearnet && got != "":
		return "wss:// on an overlay stays wss://, with the default port of wss"
	case strings.Contains(in, ".local") && got == "":
		return "multicast DNS names are local"
	case verdict == "accept" && got == "" && strings.ContainsAny(in[8:], "%:"):
		return "a path that hides another URL or a control character is refused, not dropped"
	case strings.Contains(in, "/caf\u00e9"):
		return "a path outside of ASCII is encoded, not dropped"
	case verdict == "reject" && !strings.Contains(in, "://") || strings.HasPrefix(lower, "http"):
		return "bare hosts and http(s) are accepted"
	}
	return ""
}

func TestURLCases(t *testing.T) {
	reasons := map[string]int{}
	for _, row := range dataRows(t, "relays/url_cases.csv") {
		function, in, verdict, want := row[1], row[2], row[3], row[4]
		got, err := ParseURL(in)
		if string(got) == want && (err == nil) == (verdict == "accept") {
			continue
		}
		if function == "Relay" && row[6] == "not-canonical" && string(got) != in {
			continue // that class says that the text is not canonical, and so do we
		}
		why := deviation(in, verdict, want, got)
		if reasons[why]++; why == "" {
			t.Errorf("ParseURL(%.100q) got %q %v, want %s %q", in, got, err, verdict, want)
		}
	}
	for why, n := range reasons {
		t.Logf("%d deviations: %s", n, why)
	}
}

func TestNetworkCases(t *testing.T) {
	for _, row := range dataRows(t, "relays/network_cases.csv") {
		host, want := row[1], row[2]
		in := host
		if strings.Contains(host, ":") {
			in = "[" + host + "]"
		}
		got, err := ParseURL("wss://" + in)
		switch {
		case err == nil && string(got.Network()) != want:
			t.Errorf("network of %q got %q, want %q", host, got.Network(), want)
		case want == "local" && reasonOf(err) != ReasonLocal:
			t.Errorf("network of %q got %v, want it refused as local", host, err)
		case want == "unknown" && err == nil:
			t.Errorf("network of %q got %q, want it refused", host, got)
		}
	}
}

func TestSeedRelays(t *testing.T) {
	tokens, refused := map[string]URL{}, map[string]int{}
	lines := slices.Concat(dataLines(t, "relays/seed_relays.txt"), dataLines(t, "relays/wild_urls.txt"))
	for _, line := range lines {
		u, err := ParseURL(line)
		if err != nil {
			refused[reasonOf(err)]++
			continue
		}
		if again, err := ParseURL(string(u)); again != u {
			t.Errorf("ParseURL(%q) got %q %v, want it unchanged", u, again, err)
		}
		if other, taken := tokens[u.Token()]; taken && other != u {
			t.Errorf("tokens of %q and %q got the same %q", u, other, u.Token())
		}
		tokens[u.Token()] = u
	}
	t.Logf("%d lines: %d relays, refused %v", len(lines), len(tokens), refused)
	if len(lines) > 0 && len(tokens) < 7400 {
		t.Errorf("seed lists got %d relays, want about 7,500", len(tokens))
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{
		"wss://relay.example.com", "ws://[2606:4700::1]:8080/a/../b", "caf\u00e9.com", "wss://a%2eb.com/%7e%2C", "http://u@h.io?x",
		"wss://xn--.com", "wss://\u0130.com/x%20", "wss://h.com:/a/./", "wss://h.com//%2f//", "ws://a.onion", "wss://1.2.3.4.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			if u != "" || reasonOf(err) == "" {
				t.Fatalf("ParseURL(%q) got %q %v, want an empty URL and a reason", s, u, err)
			}
			return
		}
		if again, err := ParseURL(string(u)); again != u {
			t.Fatalf("ParseURL(%q) got %q, which then gives %q %v", s, u, again, err)
		}
		if len(u) > MaxURL || u.Host() == "" || u.Port() == 0 || u.Token() == "" {
			t.Fatalf("ParseURL(%q) got %q: length %d, host %q, port %d", s, u, len(u), u.Host(), u.Port())
		}
	})
}
