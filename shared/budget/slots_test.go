package budget

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/natsd"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

var host = netip.MustParseAddr("203.0.113.7")

// gates are as many processes at one server, each with a connection of its own.
func gates(t *testing.T, n int, network netconf.Config) []*Gate {
	t.Helper()
	return gatesAt(t, testkit.NATSURL(t), n, network)
}

func gatesAt(t *testing.T, url string, n int, network netconf.Config) []*Gate {
	t.Helper()
	all := make([]*Gate, n)
	for i := range all {
		all[i] = New(network, testkit.Connect(t, url), testkit.Log(t))
	}
	return all
}

// TestThreeProcessesShareFiveSlots has three gates open and close connections to one address as fast as they can.
func TestThreeProcessesShareFiveSlots(t *testing.T) {
	var open, most, admitted, busy atomic.Int64
	var work sync.WaitGroup
	for _, g := range gates(t, 3, netconf.Config{MaxPerIP: 5}) {
		for range 5 {
			work.Go(func() {
				for range 8 {
					release, err := g.Admit(t.Context(), host)
					if err != nil {
						busy.Add(1)
						continue
					}
					admitted.Add(1)
					now := open.Add(1)
					for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
					}
					time.Sleep(time.Duration(5+rand.IntN(10)) * time.Millisecond)
					open.Add(-1)
					release()
				}
			})
		}
	}
	work.Wait()
	if most.Load() != 5 {
		t.Errorf("got up to %d connections at once, want 5", most.Load())
	}
	if admitted.Load() < 40 {
		t.Errorf("got %d admitted and %d busy, want many of 120 admitted", admitted.Load(), busy.Load())
	}
}

func TestFullAddressIsBusyAndOthersAreNot(t *testing.T) {
	all := gates(t, 2, netconf.Config{MaxPerIP: 2})
	var releases []func()
	for i := range 2 {
		release, err := all[i].Admit(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	start := time.Now()
	_, err := all[0].Admit(t.Context(), host)
	if known, is := errors.AsType[*relay.Error](err); !is || known.Class != relay.ClassBusy {
		t.Errorf("a third connection got %v, want class busy", err)
	}
	if took := time.Since(start); took < admitWait/2 {
		t.Errorf("it waited %s, want about %s", took, admitWait)
	}
	if free := netip.MustParseAddr("203.0.113.8"); !all[0].Full(t.Context(), host) || !all[1].Full(t.Context(), host) || all[0].Full(t.Context(), free) {
		t.Error("got an address that is not full, or another one that is, want the one whose two slots are taken")
	}
	if release, err := all[0].Admit(t.Context(), netip.MustParseAddr("203.0.113.8")); err != nil {
		t.Errorf("another address got %v, want leave", err)
	} else {
		release()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all[1].Admit(ctx, host); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who gave up got %v, want canceled", err)
	}
	for _, release := range releases {
		release()
	}
	if all[0].Full(t.Context(), host) {
		t.Error("got a full address after its slots were given back")
	}
	if release, err := all[0].Admit(t.Context(), host); err != nil {
		t.Errorf("after release got %v, want leave", err)
	} else {
		release()
	}
}

func TestWhatSharesSlots(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true}, {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"203.0.113.7", "::ffff:203.0.113.7", true}, {"203.0.113.7", "203.0.113.8", false},
	} {
		if got := addressKey(netip.MustParseAddr(c.a)) == addressKey(netip.MustParseAddr(c.b)); got != c.same {
			t.Errorf("%s and %s got shared %v, want %v", c.a, c.b, got, c.same)
		}
	}
}

// TestSlotOfADeadHolderComesBack ages the keys of a process that never renews, and keeps those of one that does.
func TestSlotOfADeadHolderComesBack(t *testing.T) {
	url := testkit.NATSURL(t)
	testkit.Shorten(t, url, subject.BucketLeases, 2*time.Second)
	all := gatesAt(t, url, 3, netconf.Config{MaxPerIP: 2})
	dead, alive, third := all[0], all[1], all[2]
	for _, g := range []*Gate{dead, alive} {
		if _, err := g.Admit(t.Context(), host); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		alive.renew(t.Context())
	}
	release, err := third.Admit(t.Context(), host)
	if err != nil {
		t.Fatalf("the slot of the dead got %v, want it free after the TTL", err)
	}
	defer release()
	alive.renew(t.Context())
	if held, err := third.take(t.Context(), addressKey(host)); held != nil || err != nil {
		t.Errorf("the slot of the living got taken (%v, %v), want it held", held, err)
	}
}

// TestWithoutNATSWorkGoesOn takes the server away while slots are held, and brings it back without its memory.
func TestWithoutNATSWorkGoesOn(t *testing.T) {
	server := natsd.New(natsd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}, testkit.Log(t))
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	url := server.URL()
	b := testkit.Connect(t, url)
	if _, err := b.Apply(t.Context(), subject.DefaultBounds().Within(256<<20)); err != nil {
		t.Fatal(err)
	}
	g := New(netconf.Config{MaxPerIP: 1, MaxBytesPerDay: 100}, b, testkit.Log(t))
	held, err := g.Admit(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	start := time.Now()
	for i := range 20 {
		release, err := g.Admit(t.Context(), netip.AddrFrom4([4]byte{203, 0, 113, byte(100 + i)}))
		if err != nil {
			t.Fatalf("without NATS got %v, want leave", err)
		}
		release()
	}
	if spent, err := g.Spend(t.Context(), "wss://relay.example.com", 150, 0); !spent {
		t.Errorf("without NATS got spent %v, %v, want what this process counted itself", spent, err)
	}
	held()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("20 admissions without NATS took %s, want no waiting", took)
	}
	if !g.faulty() {
		t.Error("the fault was not noticed: the server was never asked")
	}
}
