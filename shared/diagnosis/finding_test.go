package diagnosis

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

var now = time.Unix(1_800_000_000, 0).UTC()

// healthy is the evidence of a relay that nothing is to be said of.
func healthy() Evidence {
	return Evidence{
		URL: "wss://relay.example.com", Vantage: "main", State: "up", Now: now,
		Checks: map[string]store.Result{
			"open": {Check: "open", OK: true, RTT: 200 * time.Millisecond}, "read": {Check: "read", OK: true, RTT: 90 * time.Millisecond},
			"write": {Check: "write", OK: true}, "nip11": {Check: "nip11", OK: true},
		},
		Writing: &document.Writing{Accepted: true}, Login: &document.Login{},
		Answer: &document.InfoAnswer{Status: 200, ContentType: "application/nostr+json; charset=utf-8",
			CORS: relay.CORS{Origin: "*", Headers: "*", Methods: "*"}, Claims: &relay.Claims{Contact: "a@example.com", SupportedNIPs: []int{1, 11}}},
		Cert:      &document.Certificate{Valid: true, NotAfter: now.Add(60 * 24 * time.Hour).Unix(), Protocol: "TLS 1.3", Chain: 2},
		Names:     &document.NameRecords{A: []netip.Addr{netip.MustParseAddr("198.51.100.1")}, AAAA: []netip.Addr{netip.MustParseAddr("2001:db8::1")}},
		Abilities: &document.Abilities{Count: document.Works}, Synced: true,
	}
}

// fails makes the round fail at a check.
func fails(check, reason, state string) func(*Evidence) {
	return func(e *Evidence) {
		e.State = state
		e.Checks[check] = store.Result{Check: check, Reason: reason}
		if check == "open" {
			e.Checks["read"] = store.Result{Check: "read", Reason: "not_open"}
		}
	}
}

func cert(change func(*document.Certificate)) func(*Evidence) {
	return func(e *Evidence) { change(e.Cert) }
}

func fault(f string) func(*Evidence) {
	return cert(func(c *document.Certificate) { c.Valid, c.Fault = false, f })
}

func reply(change func(*document.InfoAnswer)) func(*Evidence) {
	return func(e *Evidence) { change(e.Answer) }
}

// cases makes every finding hold, by one defect each; also lists what comes with it.
var cases = map[string]struct {
	defect func(*Evidence)
	also   []string
	detail string
}{
	"dead":         {fails("open", "refused", "dead"), []string{"port-closed"}, "refused"},
	"no-name":      {fails("open", "dns", "down"), nil, ""},
	"port-closed":  {fails("open", "refused", "down"), nil, ""},
	"no-route":     {fails("open", "unreachable", "down"), nil, ""},
	"hangs":        {fails("open", "timeout", "down"), nil, ""},
	"blocks-us":    {fails("open", "upgrade_403", "blocked"), nil, "upgrade_403"},
	"wrong-path":   {fails("open", "upgrade_404", "down"), nil, "upgrade_404"},
	"server-error": {fails("open", "upgrade_502", "down"), nil, "upgrade_502"},
	"ipv6-dead":    {fails("ipv6", "refused", "up"), nil, "2001:db8::1"},
	"ipv6-unseen": {func(e *Evidence) {
		fails("open", "unreachable", "down")(e)
		fails("ipv6", "not_measured", "down")(e)
		e.Names.A = nil
	}, nil, "2001:db8::1"},
	"ipv4-only": {func(e *Evidence) { e.Names.AAAA = nil }, nil, ""},
	"needs-login": {func(e *Evidence) {
		fails("read", "closed_auth_required", "authonly")(e)
		e.Answer.Claims.AuthRequired = true
	}, nil, "closed_auth_required"},
	"read-refused":  {fails("read", "closed_error", "down"), nil, "closed_error"},
	"no-eose":       {fails("read", "timeout", "down"), nil, "timeout"},
	"only-monitors": {func(e *Evidence) { e.Barred = "closed_restricted" }, nil, "closed_restricted"},
	"only-we-fail":  {func(e *Evidence) { fails("open", "timeout", "down")(e); e.Seen = 2 }, []string{"hangs"}, "2 other monitors"},
	"slow":          {func(e *Evidence) { e.Checks["read"] = store.Result{OK: true, RTT: 7 * time.Second} }, nil, "first frame in 7s"},
	"restless":      {func(e *Evidence) { e.Changes = 9 }, nil, "9 changes"},
	"twin-url":      {func(e *Evidence) { e.Twins = []string{"wss://other.example.com"} }, nil, "wss://other.example.com"},

	"certificate-expired":       {fault(document.CertExpired), nil, "valid"},
	"certificate-not-yet-valid": {fault(document.CertNotYet), nil, ""},
	"certificate-self-signed":   {fault(document.CertSelfSigned), nil, ""},
	"certificate-wrong-host":    {fault(document.CertWrongHost), nil, ""},
	"certificate-chain":         {fault(document.CertUnknownCA), nil, "2 certificates"},
	"certificate-ends-soon":     {cert(func(c *document.Certificate) { c.NotAfter = now.Add(13 * 24 * time.Hour).Unix() }), nil, "ends 2027-01-28"},
	"tls-old":                   {cert(func(c *document.Certificate) { c.Protocol = "TLS 1.1" }), nil, "TLS 1.1"},
	"no-tls":                    {func(e *Evidence) { e.URL, e.Cert = "ws://relay.example.com", nil }, nil, ""},

	"nip11-missing":   {reply(func(a *document.InfoAnswer) { a.Status, a.Fault, a.Claims = 404, "status", nil }), nil, "404"},
	"nip11-invalid":   {reply(func(a *document.InfoAnswer) { a.ContentType, a.Fault, a.Claims = "text/html", "malformed", nil }), nil, "text/html"},
	"nip11-too-large": {reply(func(a *document.InfoAnswer) { a.Fault, a.Claims = "too_large", nil }), nil, ""},
	"cors-missing":    {reply(func(a *document.InfoAnswer) { a.CORS.Methods = "" }), nil, "Access-Control-Allow-Methods"},
	"content-type":    {reply(func(a *document.InfoAnswer) { a.ContentType = "application/json" }), nil, "application/json"},
	"redirect":        {reply(func(a *document.InfoAnswer) { a.Redirected = "https://www.example.com/" }), nil, "www"},
	"no-contact":      {reply(func(a *document.InfoAnswer) { a.Claims.Contact = "" }), nil, ""},

	"limitation-lies":    {func(e *Evidence) { e.Answer.Claims.AuthRequired = true }, nil, "auth_required"},
	"requirement-unsaid": {func(e *Evidence) { e.Writing = &document.Writing{Requirement: "payment"} }, nil, "payment"},
	"nip-fails":          {func(e *Evidence) { e.Abilities.Disproved = []int{50, 77} }, nil, "NIP-50, NIP-77"},
	"nip-unclaimed":      {func(e *Evidence) { e.Abilities.Unclaimed = []int{45} }, nil, "NIP-45"},

	"points-inside": {fails("open", "reserved", "down"), nil, ""},
	"no-answer":     {func(e *Evidence) { *e = OfCandidate(store.RelayReport{URL: string(e.URL), Reason: "timeout"}, now) }, nil, ""},
	"no-nostr":      {fails("read", "malformed", "down"), nil, "malformed"},
	"tls-fails":     {func(e *Evidence) { fails("open", "tls", "down")(e); e.Cert = nil }, nil, ""},
}

func namesOf(found []Finding) []string {
	names := []string{}
	for _, f := range found {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

func TestEveryFindingHoldsForItsDefectAlone(t *testing.T) {
	if got := namesOf(Of(healthy())); len(got) != 0 {
		t.Fatalf("a healthy relay: got %v, want nothing", got)
	}
	for _, f := range All() {
		c, ok := cases[f.Name]
		if !ok {
			t.Errorf("%s: got no case, want one", f.Name)
			continue
		}
		e := healthy()
		c.defect(&e)
		got := Of(e)
		want := append([]string{f.Name}, c.also...)
		slices.Sort(want)
		if !slices.Equal(namesOf(got), want) {
			t.Errorf("%s: got findings %v, want %v", f.Name, namesOf(got), want)
			continue
		}
		i := slices.IndexFunc(got, func(g Finding) bool { return g.Name == f.Name })
		if !strings.Contains(got[i].Detail, c.detail) {
			t.Errorf("%s: got detail %q, want %q in it", f.Name, got[i].Detail, c.detail)
		}
	}
	if len(cases) != len(All()) || len(cases) < 15 {
		t.Errorf("got %d cases for %d findings", len(cases), len(All()))
	}
}

// TestBoundsOfFindings are the other sides of what has a bound.
func TestBoundsOfFindings(t *testing.T) {
	for name, change := range map[string]func(*Evidence){
		"a certificate of 15 days": cert(func(c *document.Certificate) { c.NotAfter = now.Add(15 * 24 * time.Hour).Unix() }),
		"a slow overlay": func(e *Evidence) {
			e.URL, e.Checks["open"] = "wss://"+relay.URL(strings.Repeat("a", 56))+".onion", store.Result{OK: true, RTT: 9 * time.Second}
		},
		"one monitor":                func(e *Evidence) { e.Seen = 1 },
		"two monitors, and it is up": func(e *Evidence) { e.Seen = 2 },
		"few changes":                func(e *Evidence) { e.Changes = 5 },
		"a requirement that is said": func(e *Evidence) { e.Writing.Requirement, e.Answer.Claims.RestrictedWrites = "auth", true },
		"a refusal that is nobody's": func(e *Evidence) { e.Writing.Requirement = "rate_limited" },
		"nothing measured but the open": func(e *Evidence) {
			*e = Evidence{URL: e.URL, State: "up", Now: now, Checks: map[string]store.Result{"open": {OK: true}}}
		},
		"never checked":     func(e *Evidence) { *e = Evidence{URL: e.URL, Now: now} },
		"no answer of HTTP": reply(func(a *document.InfoAnswer) { *a = document.InfoAnswer{} }),
	} {
		e := healthy()
		change(&e)
		if got := namesOf(Of(e)); len(got) != 0 {
			t.Errorf("%s: got %v, want nothing", name, got)
		}
	}
}

// TestNoFailureGoesWithoutAFinding: whatever keeps a relay from being read, its operator is told what to do, be it a relay or
// a URL that never answered. What is ours (denied, no_proxy, busy, canceled) is none of his business.
func TestNoFailureGoesWithoutAFinding(t *testing.T) {
	opening := []string{"reserved", "dns", "refused", "unreachable", "timeout", "tls", "upgrade", "upgrade_200", "upgrade_301", "upgrade_401",
		"upgrade_403", "upgrade_404", "upgrade_429", "upgrade_500", "upgrade_other"}
	reading := []string{"timeout", "disconnect", "closed", "closed_error", "notice", "notice_error", "malformed", "flood", "too_large"}
	worst := func(what string, e Evidence) {
		if found := Of(e); len(found) == 0 || found[0].Severity != Broken {
			t.Errorf("%s: got %v, want what is broken", what, namesOf(found))
		}
	}
	for check, reasons := range map[string][]string{"open": opening, "read": reading} {
		for _, reason := range reasons {
			e := healthy()
			state := "down"
			if reason == "upgrade_401" || reason == "upgrade_403" || reason == "upgrade_429" {
				state = "blocked"
			}
			fails(check, reason, state)(&e)
			e.Cert = nil
			worst(check+" fails with "+reason, e)
			if strings.HasPrefix(reason, "closed") || strings.HasPrefix(reason, "notice") {
				continue // is an answer to a validator
			}
			worst("a candidate fails with "+reason, OfCandidate(store.RelayReport{URL: string(e.URL), Reason: reason}, now))
		}
	}
}

// TestSilenceIsNoLie: what a document leaves out is unsaid, what it denies is a lie.
func TestSilenceIsNoLie(t *testing.T) {
	for want, denies := range map[string][]string{"requirement-unsaid": nil, "limitation-lies": {"auth_required"}} {
		e := healthy()
		fails("read", "closed_auth_required", "authonly")(&e)
		e.Login, e.Writing, e.Answer.Claims.Denies = &document.Login{Challenge: true, ToRead: true}, nil, denies
		if got := namesOf(Of(e)); !slices.Equal(got, slices.Sorted(slices.Values([]string{"needs-login", want}))) {
			t.Errorf("denies %v: got %v, want needs-login and %s", denies, got, want)
		}
	}
}

func TestTheWorstComesFirst(t *testing.T) {
	e := healthy()
	e.Names.AAAA, e.Answer.CORS.Origin = nil, ""
	fault(document.CertExpired)(&e)
	var got []string
	for _, f := range Of(e) {
		got = append(got, f.Severity+" "+f.Name)
	}
	if want := []string{"broken certificate-expired", "faulty cors-missing", "notice ipv4-only"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestFindingsHaveAPage renders the page that names and anchors point to.
func TestFindingsHaveAPage(t *testing.T) {
	var page strings.Builder
	page.WriteString(`# Findings

What ` + "`bigbrotr relay diagnose URL`" + ` may say of a relay, and what mends it. The name of a finding is public interface: it does not
change, and it is the anchor of its heading here. ` + "`broken`" + ` means that the relay does not work for all or for many, ` + "`faulty`" + ` that
something does not work or soon will not, ` + "`notice`" + ` that it is worth knowing. What was not measured gives no finding.

This page is made of the table in ` + "`shared/diagnosis`" + `.
`)
	token := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, f := range All() {
		if !token.MatchString(f.Name) || seen[f.Name] || rank(f.Severity) < 0 || f.Title == "" || f.Mend == "" {
			t.Errorf("got finding %+v, want a name of its own, a severity, a title and a mend", f)
		}
		seen[f.Name] = true
		fmt.Fprintf(&page, "\n### %s\n\n%s (%s). %s\n", f.Name, f.Title, f.Severity, f.Mend)
	}
	testkit.Golden(t, "../../docs/reference/findings.md", page.String())
}

func TestCollectReadsWhatTheLastRoundSaw(t *testing.T) {
	last := now.Add(-time.Minute)
	body, err := document.Encode(document.Certificate{Fault: document.CertExpired})
	if err != nil {
		t.Fatal(err)
	}
	report := store.RelayReport{
		URL:     "wss://relay.example.com",
		States:  []store.VantageState{{Vantage: "main", State: store.State{State: "up", CheckedAt: last}}, {Vantage: "berlin", State: store.State{State: "down", CheckedAt: now}}},
		Results: []store.Result{{Vantage: "main", Check: "open", OK: true}, {Vantage: "main", Check: "read", OK: true}, {Vantage: "berlin", Check: "open", Reason: "timeout"}},
		Visits:  []store.Visit{{Vantage: "main", Job: "sync", Outcome: "refused", Reason: "closed_auth_required"}},
	}
	documents := []store.Version{
		{Vantage: "main", Type: document.TLS, LastSeen: last, Body: body},
		{Vantage: "berlin", Type: document.TLS, LastSeen: last, Body: body},                                                  // of a round before
		{Vantage: "main", Type: document.Answer, LastSeen: last, Body: []byte(`{"a`)},                                        // not ours
		{Vantage: "berlin", Type: document.Capabilities, LastSeen: last.Add(-time.Hour), Body: []byte(`{"disproved":[77]}`)}, // holds however old
	}
	all := Collect(report, documents, store.Health{Transitions: []store.Transition{
		{Vantage: "berlin", At: last, From: "up", To: "down"}, {Vantage: "berlin", At: last.AddDate(0, 0, -8), From: "up", To: "down"},
		{Vantage: "berlin", At: last, From: "up", To: "degraded"}}}, now)
	if len(all) != 2 || all[1].Changes != 1 {
		t.Fatalf("got %+v, want one evidence for each vantage and one change of state", all)
	}
	if got := namesOf(Of(all[0])); !slices.Equal(got, []string{"certificate-expired", "only-monitors"}) {
		t.Errorf("main: got %v", got)
	}
	if got := namesOf(Of(all[1])); !slices.Equal(got, []string{"hangs", "nip-fails"}) {
		t.Errorf("berlin: got %v", got)
	}
}

// FuzzFindings gives any bytes as documents: no relay's text may stop the diagnosis.
func FuzzFindings(f *testing.F) {
	for _, name := range []string{document.Write, document.Auth, document.Answer, document.TLS, document.DNS, document.Capabilities} {
		f.Add(name, []byte(`{"claims":{"supported_nips":[1]},"fault":"expired","disproved":[1],"to_read":true}`), "timeout")
	}
	f.Fuzz(func(t *testing.T, name string, body []byte, reason string) {
		e := healthy()
		e.Checks["open"] = store.Result{Reason: reason, Text: reason}
		e.add(store.Version{Type: name, Body: body})
		for _, found := range Of(e) {
			if found.Name == "" || found.Mend == "" {
				t.Errorf("got %+v, want a name and a mend", found)
			}
		}
	})
}
