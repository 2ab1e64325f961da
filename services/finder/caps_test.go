package finder

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func newLedger(perDomain, perDay int) *ledger {
	return &ledger{Domains: map[string]int{}, perDomain: perDomain, perDay: perDay}
}

func mustURL(t *testing.T, s string) relay.URL {
	t.Helper()
	u, err := relay.ParseURL(s)
	if err != nil {
		t.Fatalf("parse %q: %v", s, err)
	}
	return u
}

func TestRegistrable(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"wss://relay.example.com", "example.com"},
		{"wss://a.b.example.co.uk/path", "example.co.uk"},
		{"wss://someone.github.io", "someone.github.io"},
		{"wss://8.8.8.8:7000", "8.8.8.0/24"},
		{"wss://[2606:4700:1234::1]", "2606:4700:1234::/48"},
	} {
		if got := registrable(mustURL(t, c.url)); got != c.want {
			t.Errorf("registrable(%s) got %s, want %s", c.url, got, c.want)
		}
	}
}

func TestStrangersAreCappedPerDomain(t *testing.T) {
	l := newLedger(50, 1000)
	refusals := 0
	for i := range 200 {
		reason := l.admit(mustURL(t, fmt.Sprintf("wss://r%d.poison.example.com/p", i)), false)
		if reason != "" && reason != reasonDomainCap {
			t.Fatalf("refusal got %q, want %q", reason, reasonDomainCap)
		}
		if reason != "" {
			refusals++
		}
	}
	if refusals != 150 || l.Strangers != 50 {
		t.Errorf("got %d refused and %d counted, want 150 and 50", refusals, l.Strangers)
	}
	if reason := l.admit(mustURL(t, "wss://other.example.net"), false); reason != "" {
		t.Errorf("another domain was refused: %s", reason)
	}
	if reason := l.admit(mustURL(t, "wss://r999.example.com"), true); reason != "" {
		t.Errorf("a person's URL in a full domain was refused: %s", reason)
	}
}

func TestStrangersDoNotUseUpPeoplesAllowance(t *testing.T) {
	l := newLedger(50, 10)
	for i := range 20 {
		reason := l.admit(mustURL(t, fmt.Sprintf("wss://relay.d%d.com", i)), false)
		if want := i >= 10; (reason == reasonDailyCap) != want {
			t.Errorf("stranger %d got %q, want refused %v", i, reason, want)
		}
	}
	for i := range 11 {
		reason := l.admit(mustURL(t, fmt.Sprintf("wss://r%d.people.com", i)), true)
		if want := i >= 10; (reason == reasonDailyCap) != want {
			t.Errorf("person %d got %q, want refused %v", i, reason, want)
		}
	}
}

func TestFullLedgerFitsOneValue(t *testing.T) {
	const most = 50_000 // the upper bound of FINDER_MAX_PER_DAY
	l := newLedger(most, most)
	for i := range most {
		l.Domains[fingerprint(fmt.Sprint(i))] = 1
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 1<<20-1024 {
		t.Errorf("a full ledger got %d bytes, want less than one message of 1 MiB", len(text))
	}
}
