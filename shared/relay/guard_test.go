package relay

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

func TestReserved(t *testing.T) {
	for _, s := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
		"192.168.0.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
		"239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"64:ff9b::1", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:1::1", "2001:2::1", "2001:3::1", "2001:10::1",
		"2001:20::1", "2001:db8::1", "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1",
		"fec0::1", "ff02::1", "2606:4700::1%eth0", "1::1", "4000::1",
	} {
		if !Reserved(netip.MustParseAddr(s)) {
			t.Errorf("Reserved(%s) got false, want true", s)
		}
	}
	for _, s := range []string{
		"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.17.0.1",
		"198.20.0.1", "223.255.255.255", "::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700::1", "2a00::1", "3ffe::1",
	} {
		if Reserved(netip.MustParseAddr(s)) {
			t.Errorf("Reserved(%s) got true, want false", s)
		}
	}
	if !Reserved(netip.Addr{}) {
		t.Error("Reserved of no address got false, want true")
	}
}

func checkReserved(t *testing.T, what string, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := try(ctx); ReasonOf(err) != "reserved" {
		t.Errorf("%s got %v, want reserved", what, err)
	}
}

// The guard just before the connection holds even where the first one was passed.
func TestControlIsASecondGuard(t *testing.T) {
	inside := newCanary(t, "127.0.0.1:0")
	d := NewDialer(Options{})
	_, err := d.race(t.Context(), []netip.Addr{netip.MustParseAddr("127.0.0.1")}, inside.port())
	if ReasonOf(err) != "reserved" || inside.reached.Load() != 0 {
		t.Errorf("race to loopback got %v and %d connections, want reserved and none", err, inside.reached.Load())
	}
	for address, want := range map[string]string{
		"8.8.8.8:443": "", "8.8.8.8:7777": "", "8.8.8.8:5432": "reserved", "[2606:4700::1]:4222": "reserved", "8.8.8.8:6379": "reserved",
		"8.8.8.8:9050": "reserved", "[::ffff:10.0.0.1]:443": "reserved", "nonsense": "reserved",
	} {
		err := d.control(t.Context(), "tcp", address, nil)
		if got := ReasonOf(err); err != nil && got != want || (err == nil) != (want == "") {
			t.Errorf("control of %s got %v, want %q", address, err, want)
		}
	}
	if err := localDialer().control(t.Context(), "tcp", "127.0.0.1:5432", nil); err != nil {
		t.Errorf("control of an allowed address got %v, want nil", err)
	}
}

func TestRebindingNameIsResolvedOnce(t *testing.T) {
	inside := newCanary(t, "127.0.0.3:0")
	dns := newNameServer(t, map[string][][]string{"flip.example.com.": {{"127.0.0.2"}, {"127.0.0.3"}}})
	d := NewDialer(Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Resolver: dns.resolver()})
	reasons := map[string]int{}
	for range 20 {
		_, err := d.Connect(t.Context(), URL("ws://flip.example.com:"+inside.port()))
		reasons[ReasonOf(err)]++
	}
	if inside.reached.Load() != 0 || reasons["reserved"] != 10 || reasons["refused"] != 10 {
		t.Errorf("rebinding got %v and %d connections, want half reserved, half refused, none inside", reasons, inside.reached.Load())
	}
	if dns.asked.Load() != 40 {
		t.Errorf("name server got %d questions, want 2 for each of 20 attempts", dns.asked.Load())
	}
}
