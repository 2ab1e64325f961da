package netconf

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func load(t *testing.T, environ map[string]string) Config {
	t.Helper()
	cfg, err := app.Load[Config](environ)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaultsOfNetworks(t *testing.T) {
	cfg := load(t, map[string]string{})
	for network, want := range map[relay.Network]Limits{
		relay.Clearnet: {"", 10 * time.Second, 30 * time.Second, 5 * time.Minute, 30, 500, 1000},
		relay.Tor:      {"", 30 * time.Second, 60 * time.Second, 10 * time.Minute, 10, 10, 40},
		relay.I2P:      {"", 45 * time.Second, 60 * time.Second, 10 * time.Minute, 5, 5, 20},
		relay.Loki:     {"", 30 * time.Second, 60 * time.Second, 10 * time.Minute, 5, 5, 20},
	} {
		if got := cfg.Limits(network); got != want {
			t.Errorf("limits of %s got %+v, want %+v", network, got, want)
		}
		if got, want := cfg.Enabled(network), network == relay.Clearnet; got != want {
			t.Errorf("%s without a proxy got enabled %v, want %v", network, got, want)
		}
	}
}

func TestEveryVariableReachesItsNetwork(t *testing.T) {
	for _, network := range relay.Networks() {
		name := strings.ToUpper(string(network))
		environ := map[string]string{
			name + "_CHECK_TIMEOUT": "7s", name + "_REQUEST_TIMEOUT": "8s", name + "_QUANTUM": "9m", name + "_MAX_RELAYS": "11", name + "_LIVE_RELAYS": "12",
			name + "_MAX_WAITING": "13",
		}
		want := Limits{"", 7 * time.Second, 8 * time.Second, 9 * time.Minute, 11, 12, 13}
		if network != relay.Clearnet {
			want.Proxy = "socks5h://127.0.0.1:9"
			environ[name+"_PROXY"] = want.Proxy
		}
		cfg := load(t, environ)
		if got := cfg.Limits(network); got != want {
			t.Errorf("limits of %s got %+v, want %+v", network, got, want)
		}
		if !cfg.Enabled(network) {
			t.Errorf("%s with its proxy is off, want it on", network)
		}
	}
}

func TestRangesAreChecked(t *testing.T) {
	_, err := app.Load[Config](map[string]string{"TOR_CHECK_TIMEOUT": "10m", "CLEARNET_MAX_RELAYS": "0"})
	if err == nil || !strings.Contains(err.Error(), "TOR_CHECK_TIMEOUT") || !strings.Contains(err.Error(), "CLEARNET_MAX_RELAYS") {
		t.Errorf("got %v, want both variables named", err)
	}
}

func TestOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deny.yaml")
	deny := "urls: [wss://relay.out.com/x/]\nhosts: [Host.Thing.com]\ndomains: [gone.com]\ncidrs: [9.9.9.0/24]\n"
	if err := os.WriteFile(path, []byte(deny), 0o600); err != nil {
		t.Fatal(err)
	}
	opt, err := load(t, map[string]string{
		"RELAY_ALLOW_CIDRS": "127.0.0.0/8,10.1.2.3/8", "TOR_PROXY": "socks5h://tor:9050", "RELAY_DENYLIST": path,
		"RELAY_ALLOW_INSECURE_TLS": "true", "RELAY_USER_AGENT": "me", "FRAME_MAX_BYTES": "2MiB",
	}).Options()
	if err != nil {
		t.Fatal(err)
	}
	if len(opt.Allow) != 2 || opt.Allow[1] != netip.MustParsePrefix("10.0.0.0/8") {
		t.Errorf("allowed ranges got %v, want 127.0.0.0/8 and 10.0.0.0/8", opt.Allow)
	}
	if opt.Proxies[relay.Tor] == nil || opt.Proxies[relay.Tor].Host != "tor:9050" || len(opt.Proxies) != 1 {
		t.Errorf("proxies got %v, want tor alone", opt.Proxies)
	}
	if !opt.AllowInsecureTLS || opt.UserAgent != "me" || opt.FrameMax != 2<<20 {
		t.Errorf("got insecure %v, agent %q, frames of %d bytes, want true, me, 2 MiB", opt.AllowInsecureTLS, opt.UserAgent, opt.FrameMax)
	}
	for url, want := range map[relay.URL]bool{
		"wss://relay.out.com/x": true, "wss://relay.out.com": false, "ws://host.thing.com:99": true,
		"wss://a.b.gone.com": true, "wss://9.9.9.9": true, "wss://relay.fine.com": false,
	} {
		if got := opt.Deny.Denies(url); got != want {
			t.Errorf("Denies(%s) got %v, want %v", url, got, want)
		}
	}
}

func TestWrongOptionsAreAllReported(t *testing.T) {
	cfg := load(t, map[string]string{
		"RELAY_ALLOW_CIDRS": "lan", "TOR_PROXY": "http://user:secret@tor:9050", "RELAY_DENYLIST": "missing.yaml",
	})
	_, err := cfg.Options()
	for _, want := range []string{"RELAY_ALLOW_CIDRS", "tor", "RELAY_DENYLIST"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the proxy's password: %v", err)
	}
}

func TestDenyListIsReadStrictly(t *testing.T) {
	for _, text := range []string{"relays: []\n", "urls: []\nurls: []\n", "urls: [nonsense]\n", "hosts: ['a/b']\n", "domains: ['']\n", "cidrs: [1.2.3]\n"} {
		if _, err := ParseDenyList([]byte(text)); err == nil {
			t.Errorf("deny list %q got no error", text)
		}
	}
	shipped, err := os.ReadFile("../../deploy/config/denylist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseDenyList(shipped); err != nil {
		t.Errorf("the shipped deny list got %v", err)
	}
}
