package monitor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestEveryCheckHasItsName(t *testing.T) {
	var made []string
	for _, c := range checks {
		made = append(made, c.name)
	}
	names := document.Names()
	slices.Sort(made)
	if slices.Sort(names); !slices.Equal(made, names) {
		t.Errorf("got checks %v, want %v", made, names)
	}
}

func TestDemandedWork(t *testing.T) {
	of := func(bits int) *relay.Claims { return &relay.Claims{MinPowDifficulty: bits} }
	for _, c := range []struct {
		claims  *relay.Claims
		refusal string
		want    int
	}{
		{nil, "pow: difficulty 25>=24", 25}, {nil, "pow: difficulty 8 is less than 20", 20}, {nil, "pow: 28 bits needed. (2)", 28},
		{nil, "pow: no", 0}, {of(16), "pow: no", 16}, {of(16), "pow: 20 bits", 20}, {nil, "pow: 257", 0}, {of(1 << 40), "pow:", 0},
		{nil, "pow: 99999999999999999999999", 0},
	} {
		if got := demanded(c.claims, c.refusal); got != c.want {
			t.Errorf("demanded(%+v, %q) got %d, want %d", c.claims, c.refusal, got, c.want)
		}
	}
}

func TestRequirements(t *testing.T) {
	paid := &relay.Claims{PaymentRequired: true}
	if got := requirement("restricted", paid); got != document.NeedsPayment {
		t.Errorf("a restriction of a paid relay got %q, want payment", got)
	}
	if got := requirement("", paid); got != document.RefusesOtherly {
		t.Errorf("a refusal without a prefix got %q, want other", got)
	}
}

func TestLies(t *testing.T) {
	rejected := func(prefix string) error { return &rejection{relay.OK{Prefix: prefix}} }
	accepted := Result{Check: document.Write}.figure(0)
	for want, c := range map[string]struct {
		claims  relay.Claims
		found   document.Abilities
		results []Result
	}{
		"":                               {relay.Claims{MaxLimit: 500, MaxSubscriptions: 20}, document.Abilities{Cap: 500, CapReached: true, Subscriptions: 20}, nil},
		"max_limit":                      {relay.Claims{MaxLimit: 100}, document.Abilities{Cap: 500}, nil},
		"max_subscriptions":              {relay.Claims{MaxSubscriptions: 1000}, document.Abilities{Subscriptions: 19, SubscriptionsReached: true}, nil},
		"min_pow_difficulty":             {relay.Claims{MinPowDifficulty: 20}, document.Abilities{}, []Result{accepted}},
		"auth_required payment_required": {relay.Claims{AuthRequired: true, PaymentRequired: true}, document.Abilities{}, []Result{accepted}},
		"auth_required":                  {relay.Claims{Denies: []string{"auth_required"}}, document.Abilities{}, []Result{{Check: document.Write, Err: rejected("auth-required")}}},
		"restricted_writes":              {relay.Claims{Denies: []string{"restricted_writes"}}, document.Abilities{}, []Result{{Check: document.Write, Err: rejected("restricted")}}},
		"max_subscriptions max_limit":    {relay.Claims{MaxSubscriptions: 9, MaxLimit: 300}, document.Abilities{Cap: 100, CapReached: true, SubscriptionsReached: true, Subscriptions: 4}, nil},
	} {
		r := &round{claims: &c.claims, results: c.results}
		if got := strings.Join(r.lies(c.found), " "); got != want {
			t.Errorf("lies of %+v against %+v got %q, want %q", c.claims, c.found, got, want)
		}
		r.claims = &relay.Claims{}
		if got := r.lies(c.found); len(got) > 0 {
			t.Errorf("a document without limitation: got lies %q, want none", got)
		}
	}
}

func TestSettingsOfChecksAreRefused(t *testing.T) {
	for name, environ := range map[string]map[string]string{
		"MONITOR_CHECKS": {"MONITOR_CHECKS": "open,teapot"}, "MONITOR_STORE": {"MONITOR_STORE": "nip12"},
		"MONITOR_DNS_SERVERS": {"MONITOR_DNS_SERVERS": "dns.example.com"}, "MONITOR_LOGIN": {"MONITOR_LOGIN": "true"},
	} {
		cfg, err := app.Load[Config](environ)
		if err == nil {
			err = cfg.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v got %v, want an error that names the setting", environ, err)
		}
	}
}

// TestSwitches makes some checks, and stores fewer.
func TestSwitches(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.cfg.Only, p.cfg.Store = []string{document.NIP11, document.HTTP}, []string{document.Open, document.HTTP}
	p.writer()
	p.monitors(1)
	r := start(t, "switched", simrelay.Manners{Server: "strfry"})
	got := p.check(r.URL(), 1)
	var kept []string
	for _, result := range got.Results {
		kept = append(kept, result.Check)
	}
	if !slices.Equal(kept, []string{document.Open, document.HTTP}) || len(got.Documents) != 1 || got.State != up {
		t.Errorf("got %v with %d documents, want open and http with one", kept, len(got.Documents))
	}
	if totals := r.Ledger().Totals(); totals.Infos != 1 || totals.Writes != 0 {
		t.Errorf("the relay was asked for %d documents and got %d events, want one and none", totals.Infos, totals.Writes)
	}
}

// TestLogin signs in where the setting says so, and nowhere else.
func TestLogin(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.cfg.Login = true
	p.writer()
	p.monitors(1)
	for name, c := range map[string]struct {
		manners simrelay.Manners
		want    string
	}{
		"private": {simrelay.Manners{AuthOnly: true}, `{"challenge":true,"to_read":true,"to_write":true,"login":"accepted","serves":true}`},
		"list":    {simrelay.Manners{AuthOnConnect: true, AuthRestricted: true}, `{"challenge":true,"to_read":false,"to_write":false,"login":"accepted"}`},
		"open":    {simrelay.Manners{}, `{"challenge":false,"to_read":false,"to_write":false}`},
	} {
		got := p.check(start(t, name, c.manners).URL(), 1)
		if body := string(brought(got, document.Auth)); body != c.want {
			t.Errorf("%s: got %s, want %s", name, body, c.want)
		}
	}
}

// TestAbilitiesAreTriedSeldom makes two rounds within the interval.
func TestAbilitiesAreTriedSeldom(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	url := start(t, "able", simrelay.Manners{}).URL()
	first := p.check(url, 1)
	rest()
	second := p.check(url, 2)
	if brought(first, document.Capabilities) == nil || brought(second, document.Capabilities) != nil || len(second.Results) != len(first.Results)-1 {
		t.Errorf("got %d and %d results, want the trial in the first alone", len(first.Results), len(second.Results))
	}
}

// TestOverlaysAreNeverLookedUp checks an onion relay, with a name server that would know of it.
func TestOverlaysAreNeverLookedUp(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	host := strings.Repeat("a", 56) + ".onion"
	r := start(t, "hidden", simrelay.Manners{})
	overlay := simrelay.NewOverlay(map[string]string{host + ":80": strings.TrimPrefix(r.URL(), "ws://")})
	if err := overlay.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(overlay.Stop)
	p.network.TorProxy, p.network.TorCheckTimeout, p.network.TorMaxRelays = overlay.URL(), 5*time.Second, 5
	options, err := p.network.Options()
	if err != nil {
		t.Fatal(err)
	}
	dns := testkit.DNS(t, host+". 60 IN A 127.0.0.1\n")
	p.options.Resolver, p.options.Proxies = dns.Resolver(), options.Proxies
	p.cfg.DNSServers = []string{dns.Address}
	p.cfg.GeoCityDB, p.cfg.GeoASNDB = testkit.Berlin(t)
	p.writer()
	p.monitors(1)
	url := "ws://" + host
	if err := p.bus.Now(t.Context(), subject.JobCheck, bus.Task{URL: url, Network: subject.Tor}); err != nil {
		t.Fatal(err)
	}
	p.until("a round", func() bool { return len(p.of(url)) > 0 })
	got := p.of(url)[0]
	if want := "dns=not_applicable geo=not_applicable ipv6=not_applicable net=not_applicable tls=not_applicable"; reasonsOf(got) != want || got.State != up {
		t.Errorf("got %s with %q, want up with %q", got.State, reasonsOf(got), want)
	}
	if n := dns.Asked(); n != 0 {
		t.Errorf("the name server was asked %d times, want never", n)
	}
}

// TestProofOfWorkIsOurs checks that the probe carries the nonce that it says.
func TestProofOfWorkIsOurs(t *testing.T) {
	key := event.GenerateKey()
	r := &round{tools: &tools{key: key}}
	probe, err := r.probe(t.Context(), 10)
	if err != nil || event.Work(probe.ID) < 10 || probe.Kind != kindProbe || probe.PubKey != key.PubKey() {
		t.Errorf("got a probe of %d bits and %v, want 10", event.Work(probe.ID), err)
	}
}
