package resolver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const zone = `
relay.example.com. 300 IN CNAME edge.example.net.
edge.example.net. 60 IN A 192.0.2.9
edge.example.net. 30 IN A 192.0.2.1
edge.example.net. 90 IN AAAA 2001:db8::1
example.com. 3600 IN NS ns2.example.com.
example.com. 3600 IN NS NS1.example.com.
1.2.0.192.in-addr.arpa. 60 IN PTR rack\000one.example.net.
bare.example.com. 60 IN TXT "no address"
`

func anything(netip.Addr) bool { return true }

func TestRecords(t *testing.T) {
	r, err := New([]string{testkit.DNS(t, zone).Address})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Records(t.Context(), "relay.example.com", anything)
	got.Took = 0
	want := `{[192.0.2.1 192.0.2.9] [2001:db8::1] [edge.example.net] example.com [ns1.example.com ns2.example.com] [rack\000one.example.net] 30s 0s}`
	if err != nil || fmt.Sprint(got) != want {
		t.Errorf("Records got %v and %v, want %s", got, err, want)
	}
	if got, _ := r.Records(t.Context(), "relay.example.com", func(netip.Addr) bool { return false }); got.PTR != nil {
		t.Errorf("Records of an address that must not be asked for got PTR %v", got.PTR)
	}
}

func TestNoRecords(t *testing.T) {
	at := testkit.DNS(t, zone).Address
	for host, notFound := range map[string]bool{"gone.example.com": true, "bare.example.com": true, "mute.example.com": false} {
		r, err := New([]string{at})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err = r.Records(ctx, host, anything)
		cancel()
		if failed, ok := errors.AsType[*net.DNSError](err); !ok || failed.IsNotFound != notFound || failed.IsTimeout == notFound {
			t.Errorf("Records(%s) got %v, want not found %v", host, err, notFound)
		}
	}
}

// TestManyAddresses asks for more than a packet of UDP holds, and more than is kept.
func TestManyAddresses(t *testing.T) {
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, "many.example.com. 60 IN A 192.0.2.%d\n", i)
	}
	r, err := New([]string{"127.0.0.1:1", testkit.DNS(t, many.String()).Address}) // the first does not answer
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Records(t.Context(), "many.example.com", func(netip.Addr) bool { return false })
	if err != nil || len(got.A) != maxAddresses {
		t.Errorf("Records got %d addresses and %v, want %d", len(got.A), err, maxAddresses)
	}
}

func TestServers(t *testing.T) {
	r, err := New([]string{"9.9.9.9", "[2620:fe::fe]:53", "2620:fe::9"})
	if want := "[9.9.9.9:53 [2620:fe::fe]:53 [2620:fe::9]:53]"; err != nil || fmt.Sprint(r.servers) != want {
		t.Errorf("New got %v and %v, want %s", r.servers, err, want)
	}
	for _, odd := range []string{"dns.example.com", "9.9.9.9:x", ""} {
		if _, err := New([]string{odd}); err == nil {
			t.Errorf("New(%q) got no error", odd)
		}
	}
	if system, err := New(nil); err == nil {
		if servers, err := system.list(); err != nil || len(servers) == 0 {
			t.Logf("this machine has no name servers: %v", err)
		}
	}
}
