package synchronizer

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// hidden is an overlay network of this machine with two relays that have the same events.
type hidden struct {
	network relay.Network
	setting string
	overlay *simrelay.Overlay
	relays  map[string]*simrelay.Relay // by the URL under which the network leads to it
}

// hide starts an overlay network. first and second are the hosts of its relays.
func hide(t *testing.T, setting, first, second string, events []event.Event) *hidden {
	t.Helper()
	h := &hidden{setting: setting, relays: map[string]*simrelay.Relay{}}
	targets := map[string]string{}
	for _, host := range []string{first, second} {
		r := simrelay.New(host, simrelay.Manners{}, events)
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Stop)
		targets[host+":80"] = strings.TrimPrefix(r.URL(), "ws://")
		url, err := relay.ParseURL("ws://" + host)
		if err != nil {
			t.Fatal(err)
		}
		h.relays[string(url)], h.network = r, url.Network()
	}
	h.overlay = simrelay.NewOverlay(targets)
	return h
}

// hideAll makes a network of each kind. Their proxies are not running yet.
func hideAll(t *testing.T, events []event.Event) []*hidden {
	t.Helper()
	long := func(letter string, n int) string { return strings.Repeat(letter, n) }
	return []*hidden{
		hide(t, "TOR_PROXY", long("a", 56)+".onion", long("b", 56)+".onion", events),
		hide(t, "I2P_PROXY", long("a", 52)+".b32.i2p", "relay.i2p", events),
		hide(t, "LOKI_PROXY", long("y", 52)+".loki", long("n", 52)+".loki", events),
	}
}

func (h *hidden) open(t *testing.T) {
	t.Helper()
	if err := h.overlay.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.overlay.Stop)
}

// due makes a turn due at each relay.
func (h *hidden) due(p *pipeline) {
	p.t.Helper()
	for url := range h.relays {
		if err := p.bus.Now(p.t.Context(), subject.JobSync, bus.Task{URL: url, Network: string(h.network)}); err != nil {
			p.t.Fatal(err)
		}
	}
}

// dials counts the connections to the relays, from wherever they came.
func (h *hidden) dials() (n int) {
	for _, r := range h.relays {
		n += r.Ledger().Totals().Connections
	}
	return n
}

func (h *hidden) sightings(p *pipeline) int64 {
	return testkit.Number(p.t, p.dsn, "SELECT count(*) FROM sighting JOIN relay USING (relay_no) WHERE network = $1", string(h.network))
}

// check compares what the proxy was asked for with what the relays saw: names as they are, credentials of each relay's
// own, and no connection that came another way.
func (h *hidden) check(t *testing.T) {
	t.Helper()
	users, joined := map[string]string{}, 0
	for _, asked := range h.overlay.Asked() {
		if _, ours := h.relays["ws://"+strings.TrimSuffix(asked.Target, ":80")]; !ours {
			t.Errorf("%s: proxy got %q, want the name of a relay", h.network, asked.Target)
		}
		if other, known := users[asked.User]; known && other != asked.Target {
			t.Errorf("%s: got the credentials %q for %s and %s", h.network, asked.User, other, asked.Target)
		}
		if users[asked.User] = asked.Target; asked.Joined {
			joined++
		}
	}
	if len(users) != len(h.relays) {
		t.Errorf("%s: got %d credentials for %d relays", h.network, len(users), len(h.relays))
	}
	if got := h.dials(); got != joined || got == 0 {
		t.Errorf("%s: relays got %d connections, want the %d of the proxy", h.network, got, joined)
	}
}

// nameless is a name server that nobody may ask.
type nameless struct{ t *testing.T }

func (n nameless) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.t.Errorf("got a look-up of %q, want none", host)
	return nil, errors.New("nobody may ask")
}

// veiled starts a pipeline in which nothing but proxies reaches relays: no name is resolved and no address is allowed.
func veiled(t *testing.T, settings ...string) *pipeline {
	t.Helper()
	return pipeOver(t, func(o *relay.Options) { o.Resolver, o.Allow = nameless{t}, nil }, simrelay.Manners{}, nil, settings...)
}

// proxied are those of the pipeline with the proxies of these networks.
func proxied(networks []*hidden, more ...string) []string {
	for _, h := range networks {
		more = append(more, h.setting, h.overlay.URL())
	}
	return append(more, "TOR_REQUEST_TIMEOUT", "5s", "I2P_REQUEST_TIMEOUT", "5s", "LOKI_REQUEST_TIMEOUT", "5s")
}

// TestOverlayRelaysAreWalkedAndFollowed: relays of each overlay network, through its proxy and in no other way.
func TestOverlayRelaysAreWalkedAndFollowed(t *testing.T) {
	networks := hideAll(t, old(60))
	for _, h := range networks {
		h.open(t)
	}
	p := veiled(t, proxied(networks)...)
	for _, h := range networks {
		h.due(p)
	}
	testkit.Until(t, "the history of all", func() bool { return p.archived() == 6*60 })
	testkit.Until(t, "a visit of each", func() bool { return testkit.Number(t, p.dsn, "SELECT count(*) FROM visit WHERE outcome = 'done'") == 6 })
	fresh := event.GenerateKey().Sign(time.Now().Unix(), 1, nil, "live")
	for _, h := range networks {
		for _, r := range h.relays {
			r.Add(fresh)
		}
	}
	testkit.Until(t, "a live event of each", func() bool { return p.archived() == 6*61 })
	for _, h := range networks {
		h.check(t)
	}
}

// TestSilentProxyHoldsUpItsOwnNetworkOnly: every slot of Tor waits for a proxy that says nothing; the other networks go on.
func TestSilentProxyHoldsUpItsOwnNetworkOnly(t *testing.T) {
	networks := hideAll(t, old(20))
	tor := networks[0]
	tor.overlay.Silent = true
	for _, h := range networks {
		h.open(t)
	}
	p := veiled(t, proxied(networks, "SYNC_LIVE", "false", "TOR_MAX_RELAYS", "1", "TOR_CHECK_TIMEOUT", "60s",
		"I2P_MAX_RELAYS", "1", "LOKI_MAX_RELAYS", "1")...)
	tor.due(p)
	testkit.Until(t, "the slot of Tor to be taken", func() bool { return tor.overlay.Waiting() == 1 })
	for _, h := range networks[1:] {
		h.due(p)
	}
	testkit.Until(t, "the other networks", func() bool { return networks[1].sightings(p) == 40 && networks[2].sightings(p) == 40 })
	if got := tor.overlay.Waiting(); got != 1 || tor.dials() != 0 {
		t.Errorf("got %d connections to the silent proxy and %d to its relays, want 1 and 0", got, tor.dials())
	}
	for _, h := range networks[1:] {
		h.check(t)
	}
}

// TestNetworkWithoutProxyIsLeftAlone: its tasks wait where they are, and nothing is dialled.
func TestNetworkWithoutProxyIsLeftAlone(t *testing.T) {
	networks := hideAll(t, old(20))
	loki := networks[2]
	loki.open(t)
	p := veiled(t, proxied(networks[2:], "SYNC_LIVE", "false")...)
	for _, h := range networks {
		h.due(p)
	}
	testkit.Until(t, "the network with a proxy", func() bool { return loki.sightings(p) == 40 })
	for _, h := range networks[:2] {
		waiting := pending(t, p.bus, h.network)
		if waiting != 2 || h.dials() != 0 {
			t.Errorf("%s: got %d tasks never delivered and %d connections, want 2 and none", h.network, waiting, h.dials())
		}
	}
	loki.check(t)
}

// pending counts the sync tasks of a network that were delivered to nobody.
func pending(t *testing.T, b *bus.Bus, network relay.Network) int {
	t.Helper()
	consumers, err := b.Consumers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range consumers {
		if c.Name == subject.JobConsumer(subject.JobSync, string(network)) {
			return int(c.Pending)
		}
	}
	t.Fatalf("no consumer of the sync tasks of %s", network)
	return 0
}

// TestLostProxyIsNotTheRelaysFault: without its proxy a turn is given back and nothing stands against the relay.
func TestLostProxyIsNotTheRelaysFault(t *testing.T) {
	tor := hideAll(t, old(20))[0]
	tor.open(t)
	p := veiled(t, proxied([]*hidden{tor})...)
	given := func() float64 { return testutil.ToFloat64(turnsGivenBack.WithLabelValues("no_proxy")) }
	tor.due(p)
	testkit.Until(t, "both to be walked", func() bool { return testkit.Number(t, p.dsn, "SELECT count(*) FROM visit WHERE outcome = 'done'") == 2 })
	before := given()
	tor.overlay.Stop()
	tor.due(p)
	testkit.Until(t, "two turns to be given back", func() bool { return given() >= before+2 })
	if n := testkit.Number(t, p.dsn, "SELECT count(*) FROM visit WHERE outcome <> 'done'"); n != 0 {
		t.Errorf("got %d visits that blame the relay, want none", n)
	}
	for _, r := range tor.relays {
		r.Add(event.GenerateKey().Sign(time.Now().Unix(), 1, nil, "while the proxy was away"))
	}
	tor.open(t)
	tor.due(p)
	testkit.Until(t, "what came meanwhile", func() bool { return p.archived() == 42 })
	tor.check(t)
}
