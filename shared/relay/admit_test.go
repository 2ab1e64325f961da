package relay

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate gives leave and checks that every leave comes back once.
type gate struct {
	mu       sync.Mutex
	asked    []netip.Addr
	given    int
	returned map[int]int
	refuse   map[netip.Addr]error
	dawdle   map[netip.Addr]bool // wait for the end of the attempt
}

func (g *gate) admit(ctx context.Context, addr netip.Addr) (func(), error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, addr)
	if err := g.refuse[addr]; err != nil {
		return nil, err
	}
	if g.dawdle[addr] {
		g.mu.Unlock()
		<-ctx.Done()
		g.mu.Lock()
	}
	n := g.given
	g.given++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.returned == nil {
			g.returned = map[int]int{}
		}
		g.returned[n]++
	}, nil
}

// held is how many leaves are out. It fails the test for one that came back twice.
func (g *gate) held(t *testing.T) int {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for n, times := range g.returned {
		if times != 1 {
			t.Errorf("release %d got %d calls, want 1", n, times)
		}
	}
	return g.given - len(g.returned)
}

// gated dials loopback and takes it for a stranger's.
func gated(t *testing.T, g *gate, names map[string][][]string) *Dialer {
	t.Helper()
	d := NewDialer(Options{Allow: loopback, Resolver: newNameServer(t, names).resolver(), Admit: g.admit})
	d.own = nil
	return d
}

func TestAdmitHoldsUntilClose(t *testing.T) {
	g := &gate{}
	d := gated(t, g, nil)
	u := serve(t, func(p *peer) {
		for p.req() && p.send(`["EOSE","SUB"]`) {
		}
	})
	conn := connect(t, d, u)
	if _, err := conn.Query(t.Context(), Request{}, nil); err != nil || g.held(t) != 1 {
		t.Errorf("open connection got %d leaves and %v, want 1", g.held(t), err)
	}
	conn.Close()
	conn.Close()
	if g.held(t) != 0 || !slices.Equal(g.asked, []netip.Addr{netip.MustParseAddr("127.0.0.1")}) {
		t.Errorf("closed connection got %d leaves after asking for %v, want none", g.held(t), g.asked)
	}
	lost := connect(t, d, serve(t, func(p *peer) { p.req() }))
	if _, err := lost.Query(t.Context(), Request{}, nil); ReasonOf(err) != "disconnect" || g.held(t) != 0 {
		t.Errorf("lost connection got %d leaves and %v, want none", g.held(t), err)
	}
}

func TestAdmitComesBackFromEveryFailure(t *testing.T) {
	g := &gate{}
	d := gated(t, g, nil)
	down := newCanary(t, "127.0.0.1:0")
	_ = down.Close()
	silent := listenRaw(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1<<16)); time.Sleep(500 * time.Millisecond) })
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	for _, u := range []string{"ws://" + down.Addr().String(), "ws://" + silent, "wss://" + silent, "ws" + web.URL[4:], "wss" + web.URL[4:]} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := d.Connect(ctx, URL(u))
		if cancel(); err == nil || g.held(t) != 0 {
			t.Errorf("Connect(%s) got %v and %d leaves, want an error and none", u, err, g.held(t))
		}
	}
	if g.given != 5 {
		t.Errorf("admit got %d questions, want 5", g.given)
	}
}

func TestAdmitRefuses(t *testing.T) {
	addr := netip.MustParseAddr("127.0.0.1")
	u := serve(t, reply(`["EOSE","SUB"]`))
	for _, c := range []struct {
		err    error
		reason string
	}{{&Error{Class: ClassBusy}, "busy"}, {errors.New("enough"), "busy"}, {context.Canceled, "canceled"}} {
		d := gated(t, &gate{refuse: map[netip.Addr]error{addr: c.err}}, nil)
		if _, err := d.Connect(t.Context(), u); ReasonOf(err) != c.reason || !errors.Is(err, c.err) {
			t.Errorf("Connect got %v, want %s with %v", err, c.reason, c.err)
		}
		if _, err := d.Info(t.Context(), u); ReasonOf(err) != c.reason {
			t.Errorf("Info got %v, want %s", err, c.reason)
		}
	}
}

// Every loser of the race gives back what it was given: one that is refused by TCP, one that is still waiting for leave
// when another address wins, and a winner that comes too late.
func TestAdmitUnderTheRace(t *testing.T) {
	winner := netip.MustParseAddr("127.0.0.1")
	six := netip.MustParseAddr("::1")
	u := serve(t, reply(`["EOSE","SUB"]`))
	names := map[string][][]string{"two.example.com.": {{"::1", "127.0.0.1"}}, "three.example.com.": {{"127.0.0.7", "127.0.0.8", "127.0.0.1"}}}
	for name, c := range map[string]struct {
		host string
		gate *gate
	}{
		"refused by TCP":   {"two", &gate{}},
		"refused leave":    {"two", &gate{refuse: map[netip.Addr]error{six: &Error{Class: ClassBusy}}}},
		"waits for leave":  {"two", &gate{dawdle: map[netip.Addr]bool{six: true}}},
		"all but the last": {"three", &gate{}},
	} {
		d := gated(t, c.gate, names)
		conn, err := d.Connect(t.Context(), URL("ws://"+c.host+".example.com:"+portOf(u)))
		if err != nil || c.gate.held(t) != 1 || c.gate.asked[len(c.gate.asked)-1] != winner {
			t.Fatalf("%s: Connect got %v and %d leaves after %v, want the winner's alone", name, err, c.gate.held(t), c.gate.asked)
		}
		if conn.Close(); c.gate.held(t) != 0 {
			t.Errorf("%s: Close got %d leaves, want none", name, c.gate.held(t))
		}
	}
	canceled := &gate{dawdle: map[netip.Addr]bool{six: true, winner: true}}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := gated(t, canceled, names).Connect(ctx, URL("ws://two.example.com:"+portOf(u)))
	if ReasonOf(err) != "timeout" || canceled.held(t) != 0 || canceled.given != 2 {
		t.Errorf("Connect got %v and %d of %d leaves, want timeout and none of 2", err, canceled.held(t), canceled.given)
	}
}

func TestAdmitPrefersBusyToOtherFailures(t *testing.T) {
	down := newCanary(t, "127.0.0.1:0")
	_ = down.Close()
	g := &gate{refuse: map[netip.Addr]error{netip.MustParseAddr("127.0.0.1"): &Error{Class: ClassBusy}}}
	d := gated(t, g, map[string][][]string{"two.example.com.": {{"::1", "127.0.0.1"}}})
	if _, err := d.Connect(t.Context(), URL("ws://two.example.com:"+down.port())); ReasonOf(err) != "busy" || g.held(t) != 0 {
		t.Errorf("Connect got %v and %d leaves, want busy: one address was not tried", err, g.held(t))
	}
}

func TestAdmitCountsHTTPWhileItLasts(t *testing.T) {
	g := &gate{}
	var during int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if during += g.held(t); r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(`{"name":"x"}`))
	}))
	t.Cleanup(server.Close)
	info, err := gated(t, g, nil).Info(t.Context(), URL("ws"+server.URL[4:]))
	if err != nil || info.Name != "x" || during < 2 || g.given != 2 {
		t.Errorf("Info got %+v and %v with %d leaves of %d, want one for each of two requests", info, err, during, g.given)
	}
	eventually(t, "leaves came back", func() bool { return g.held(t) == 0 })
}

func TestAdmitIsNotAskedForOnesOwnNorProxies(t *testing.T) {
	g := &gate{}
	u := serve(t, reply(`["EOSE","SUB"]`))
	connect(t, NewDialer(Options{Allow: loopback, Admit: g.admit}), u)
	socks := startOverlay(t, u.Address(), "relay.loki:80")
	d := NewDialer(Options{Admit: g.admit, Proxies: map[Network]*url.URL{Loki: {Host: socks.Address()}}})
	connect(t, d, "ws://relay.loki")
	if len(g.asked) != 0 {
		t.Errorf("admit got %v, want no question", g.asked)
	}
}

func TestDeniedWhileRunning(t *testing.T) {
	var out sync.Map
	relays := serve(t, reply(`["EOSE","SUB"]`))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hop" {
			http.Redirect(w, r, "/gone", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	d := NewDialer(Options{Allow: loopback, Denied: func(u URL) bool { _, ok := out.Load(u); return ok }})
	page := URL("ws" + strings.TrimPrefix(server.URL, "http"))
	connect(t, d, relays)
	if err := get(t.Context(), d, server.URL+"/hop"); err != nil {
		t.Fatalf("GET got %v before the opt-out", err)
	}
	for _, u := range []URL{relays, page, page + "/gone"} {
		out.Store(u, true)
	}
	if _, err := d.Connect(t.Context(), relays); ReasonOf(err) != "denied" {
		t.Errorf("Connect got %v, want denied", err)
	}
	if _, err := d.Info(t.Context(), page); ReasonOf(err) != "denied" {
		t.Errorf("Info got %v, want denied", err)
	}
	for _, path := range []string{"/", "/gone", "/hop"} {
		if err := get(t.Context(), d, server.URL+path); ReasonOf(err) != "denied" {
			t.Errorf("GET %s got %v, want denied", path, err)
		}
	}
	if err := get(t.Context(), d, server.URL+"/other"); err != nil {
		t.Errorf("GET of another path got %v", err)
	}
}
