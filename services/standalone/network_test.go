package standalone_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/monitor"
	"github.com/bigbrotr/bigbrotr-go/services/publisher"
	"github.com/bigbrotr/bigbrotr-go/services/writer"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// seen is what came of one relay: what the archive has, and what the publish relay has.
type seen struct {
	report    store.RelayReport
	documents map[string][]byte
	event     *event.Event // of kind 30166, nil = none
}

// column is something that the table shows of a relay; a row wants the same of it.
type column struct {
	title string
	got   func(seen) string
	want  func(member) string
}

// columns of the table.
var columns = []column{
	{"STATE", seen.state, func(m member) string { return m.state }},
	{"NOT OK", seen.reasons, func(m member) string { return sortedWords(m.reasons + " ipv6=not_applicable") }},
	{"30166", seen.tags, member.published},
}

func (s seen) state() string {
	if len(s.report.States) != 1 {
		return fmt.Sprintf("%d states", len(s.report.States))
	}
	return s.report.States[0].State.State
}

// reasons are the checks that were not ok, each with its reason.
func (s seen) reasons() string {
	var words []string
	for _, r := range s.report.Results {
		if !r.OK {
			words = append(words, r.Check+"="+r.Reason)
		}
	}
	return sortedWords(strings.Join(words, " "))
}

func sortedWords(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// nothing is the third column of a relay that did not answer a stranger: no event speaks of it.
const nothing = "nothing: it is "

// published is what a row wants on Nostr.
func (m member) published() string {
	if m.state != up && m.state != authOnly {
		return nothing + m.state
	}
	return m.tags
}

// inCommon are the tags of all, by name: where the relays are, and whose network that is.
var inCommon = map[string]string{
	"n": "clearnet", "dns-ip": "127.0.0.2", "g": "u,u3,u33,u33d,u33d8,u33d8v,u33d8vm,u33d8vmd,u33d8vmdd",
	"geo-country": "DE", "geo-city": "Berlin", "geo-lat": "52.5", "geo-lon": "13.4", "net-ip": "127.0.0.2", "net-asn": "64500", "net-asn-org": "Example Net",
	"L": "ISO-3166-1,nip66.label.city,IANA-asn,IANA-asnOrg", "l": "DE/ISO-3166-1,Berlin/nip66.label.city,64500/IANA-asn,Example Net/IANA-asnOrg",
}

// figures are never twice the same.
var figures = map[string]bool{"rtt-open": true, "rtt-read": true, "rtt-write": true, "ssl-expires": true}

// tags are what the event says of this relay alone: name=value,value of each sort, in the event's order.
func (s seen) tags() string {
	if s.event == nil {
		return nothing + s.state()
	}
	var names []string
	values := map[string][]string{}
	for _, tag := range s.event.DecodeTags() {
		if !slices.Contains(names, tag[0]) {
			names = append(names, tag[0])
		}
		values[tag[0]] = append(values[tag[0]], strings.Join(tag[1:], "/"))
	}
	var own []string
	for _, name := range names {
		all := strings.Join(values[name], ",")
		switch {
		case name == "d" && all == s.report.URL+"/", inCommon[name] == all:
		case figures[name]:
			own = append(own, name)
		default:
			own = append(own, name+"="+all)
		}
		delete(values, name)
	}
	for name := range inCommon {
		if !slices.Contains(names, name) {
			own = append(own, "no "+name)
		}
	}
	if string(s.event.Content) != `""` {
		own = append(own, "document")
	}
	return strings.Join(own, " ")
}

// authorities sign for the network: one that the monitor trusts, and one that it does not know.
type authorities struct{ trusted, unknown *simrelay.Authority }

func (a authorities) issue(t *testing.T, kind, host string) (cert tls.Certificate) {
	t.Helper()
	now, day := time.Now(), 24*time.Hour
	var err error
	switch kind {
	case "good":
		cert, err = a.trusted.Issue(now.Add(-time.Hour), now.Add(90*day), host, "127.0.0.1")
	case "expired":
		cert, err = a.trusted.Issue(now.Add(-90*day), now.Add(-day), host)
	case "early":
		cert, err = a.trusted.Issue(now.Add(day), now.Add(90*day), host)
	case "host":
		cert, err = a.trusted.Issue(now.Add(-time.Hour), now.Add(90*day), "other.example.com")
	case "unknown":
		cert, err = a.unknown.Issue(now.Add(-time.Hour), now.Add(90*day), host)
	case "self":
		cert, err = simrelay.SelfSigned(host)
	default:
		t.Fatalf("no certificate is called %q", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// defects are the test network, and what looks at it.
type defects struct {
	t       *testing.T
	dsn     string
	bus     *bus.Bus
	archive *store.Store // read alone
	relays  map[string]*simrelay.Relay
	target  *simrelay.Relay // what is published to
	inside  atomic.Int64    // visits of a server that no redirect may lead to
}

// newDefects starts all members, and a writer, a monitor and a publisher that can reach them at 127.0.0.2 and nothing else but the
// publish relay.
func newDefects(t *testing.T) *defects {
	t.Helper()
	d := &defects{t: t, dsn: testkit.Postgres(t), bus: testkit.NATS(t), relays: map[string]*simrelay.Relay{}}
	d.archive = testkit.Reader(t, d.dsn)
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"name":"inside"}`)) }))
	secret.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			d.inside.Add(1)
		}
	}
	t.Cleanup(secret.Close)
	a := authorities{authority(t, "Test Authority"), authority(t, "Nobody")}
	zone := "example.com. 3600 IN NS ns1.example.com.\n2.0.0.127.in-addr.arpa. 60 IN PTR localhost.example.com.\n"
	for _, m := range members {
		host := m.name + ".example.com"
		zone += host + ". 60 IN A 127.0.0.2\n"
		d.relays[m.name] = m.start(t, host, a, secret.URL)
	}
	d.target = simrelay.New("target", simrelay.Manners{}, nil)
	if err := d.target.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.target.Stop)
	d.services(testkit.DNS(t, zone), a.trusted)
	return d
}

// services runs the real ones, as `bigbrotr run` puts them together.
func (d *defects) services(dns *testkit.NameServer, trusted *simrelay.Authority) {
	network := netconf.Config{Vantage: "main", ClearnetCheckTimeout: 5 * time.Second, ClearnetMaxRelays: 30}
	key := app.NewSecret(monitorKey)
	reach := relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, RootCAs: trusted.Pool(), Resolver: dns.Resolver()}
	checking := monitor.Config{Interval: time.Hour, CapabilitiesInterval: 24 * time.Hour, Canaries: "none", MaxPow: 20, PrivateKey: key, DNSServers: []string{dns.Address}}
	checking.GeoCityDB, checking.GeoASNDB = testkit.Berlin(d.t)
	publishing := publisher.Config{Relays: []string{d.target.URL()}, Heartbeat: 6 * time.Hour, Profile: 24 * time.Hour, Name: "test"}
	self := publisher.Self{PrivateKey: key}
	log := testkit.Log(d.t)
	d.run(writer.New(writer.Config{BatchEvents: 5000, BatchWait: 50 * time.Millisecond, Mode: "full", SightingRefresh: time.Hour}, d.bus, testkit.Store(d.t, d.dsn), log).Run)
	d.run(monitor.New(checking, network, reach, d.bus, d.archive, log).Run)
	d.run(publisher.New(publishing, self, network, relay.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, d.bus, d.archive, log).Run)
}

// run runs a service until the test ends.
func (d *defects) run(service func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := service(ctx); err != nil {
			d.t.Errorf("Run: got %v, want nil", err)
		}
	})
	d.t.Cleanup(func() { cancel(); running.Wait() })
}

func authority(t *testing.T, name string) *simrelay.Authority {
	t.Helper()
	a, err := simrelay.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (m member) start(t *testing.T, host string, a authorities, secret string) *simrelay.Relay {
	t.Helper()
	options := []simrelay.Option{simrelay.WithAddr("127.0.0.2:0"), simrelay.WithHost(host)}
	if m.cert != "" {
		options = append(options, simrelay.WithTLS(a.issue(t, m.cert, host)))
	}
	if m.manners.NIP11Redirect != "" {
		m.manners.NIP11Redirect = secret
	}
	var events []event.Event
	if !m.empty {
		events = sentences
	}
	r := simrelay.New(m.name, m.manners, events, options...)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

// sentences are notes of one second each, with words that can be looked for.
var sentences = func() (events []event.Event) {
	key := event.GenerateKey()
	for i := range 40 {
		events = append(events, key.Sign(int64(1_700_000_000+i), 1, nil, fmt.Sprintf("Wonderful weather on day %d", i)))
	}
	return events
}()

// last is a relay that is published. It is checked when all others were, and results are published in the order in which they
// were archived: an event about it says that everything was handled.
const last = "honest"

// walk has every relay checked once, and waits until what is to be said of them was.
func (d *defects) walk() {
	d.t.Helper()
	checked, told := "SELECT count(*) FROM relay_state JOIN relay USING (relay_no) WHERE url = $1", "SELECT count(*) FROM publications WHERE kind = 30166 AND accepted > 0 AND relay = $1"
	for _, m := range members {
		if m.name != last {
			d.due(m.name)
		}
	}
	for _, m := range members {
		if m.name != last {
			d.until("a round of ", m.name, checked)
		}
	}
	d.due(last)
	for _, m := range members {
		if m.tags != "" && m.name != last {
			d.until("an event about ", m.name, told)
		}
	}
	d.until("an event about ", last, told)
}

func (d *defects) due(name string) {
	d.t.Helper()
	if err := d.bus.Now(d.t.Context(), subject.JobCheck, bus.Task{URL: d.relays[name].URL(), Network: subject.Clearnet}); err != nil {
		d.t.Fatal(err)
	}
}

// until waits for a row about a relay.
func (d *defects) until(what, name, query string) {
	d.t.Helper()
	testkit.Until(d.t, what+name, func() bool { return testkit.Number(d.t, d.dsn, query, d.relays[name].URL()) > 0 })
}

// look collects what is known of every relay, by name.
func (d *defects) look() map[string]seen {
	d.t.Helper()
	key, err := event.ParseKey(monitorKey)
	if err != nil {
		d.t.Fatal(err)
	}
	events := map[string]event.Event{}
	for _, e := range published(d.t, d.target.URL(), key.PubKey()) {
		if e.Kind == 30166 {
			events[e.DecodeTags()[0][1]] = e
		}
	}
	all := map[string]seen{}
	for name, r := range d.relays {
		report, _, err := d.archive.RelayReport(d.t.Context(), r.URL())
		if err != nil || len(report.States) == 0 {
			d.t.Fatalf("%s: got %+v, %v, want a report", name, report, err)
		}
		documents, err := d.archive.Documents(d.t.Context(), r.URL(), "main", report.States[0].CheckedAt)
		if err != nil {
			d.t.Fatal(err)
		}
		s := seen{report: report, documents: documents}
		if e, ok := events[r.URL()+"/"]; ok {
			s.event = &e
		}
		all[name] = s
	}
	return all
}

// TestNetworkOfDefects walks the network once and prints what came of it.
func TestNetworkOfDefects(t *testing.T) {
	d := newDefects(t)
	d.walk()
	found := d.look()
	var printed strings.Builder
	table := tabwriter.NewWriter(&printed, 0, 0, 2, ' ', 0)
	for _, m := range members {
		m.judge(t, found[m.name], d.relays[m.name], table)
	}
	_ = table.Flush() // to memory
	t.Logf("%d relays:\n%s", len(members), printed.String())
	if n := d.inside.Load(); n != 0 {
		t.Errorf("the server inside was reached %d times through a redirect, want never", n)
	}
	for name, want := range map[string]int{"honest": 1, "pow-16": 2, "pow-40": 1} { // what is too hard is not even tried
		if got := d.relays[name].Ledger().Totals().Writes; got != want {
			t.Errorf("%s: got %d events, want %d", name, got, want)
		}
	}
	d.readsAsJSON()
}

// judge compares a round with its row and prints it.
func (m member) judge(t *testing.T, got seen, r *simrelay.Relay, table *tabwriter.Writer) {
	t.Helper()
	line := []string{m.name}
	for _, c := range columns {
		shown, want := c.got(got), c.want(m)
		if line = append(line, shown); shown != want {
			t.Errorf("%s: got %s %q, want %q", m.name, c.title, shown, want)
		}
	}
	fmt.Fprintln(table, strings.Join(line, "\t"))
	for _, say := range m.says {
		name, piece, _ := strings.Cut(say, " ")
		if body := string(got.documents[name]); !strings.Contains(body, piece) {
			t.Errorf("%s: got the document %s %.600s, want in it %s", m.name, name, body, piece)
		}
	}
	for _, name := range strings.Fields(m.lacks) {
		if body := got.documents[name]; body != nil {
			t.Errorf("%s: got the document %s %.200s, want none", m.name, name, body)
		}
	}
	if m.fault != "" && r.Ledger().Faults()[m.fault] == 0 {
		t.Errorf("%s: the relay never showed %s", m.name, m.fault)
	}
}

// readsAsJSON reads every document of our form back as jsonb: whatever a relay sent, Postgres can hold it and give it.
func (d *defects) readsAsJSON() {
	d.t.Helper()
	type count struct{ Read, Lost, Own int64 }
	got := testkit.Rows[count](d.t, d.dsn, `SELECT count(value::text) FILTER (WHERE value::text <> ''), count(*) FILTER (WHERE value IS NULL AND type <> 'nip11'),
		count(*) FILTER (WHERE type = 'nip11') FROM relay_documents`)
	if len(got) != 1 || got[0].Read < int64(5*len(members)) || got[0].Lost != 0 || got[0].Own == 0 {
		d.t.Errorf("got %+v documents, want all of our form as jsonb", got)
	}
}
