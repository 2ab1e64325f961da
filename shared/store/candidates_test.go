package store_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestCandidatesAreListed(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	one := func(url, network, source string, at int64) *ingest.Candidate {
		return &ingest.Candidate{Url: url, Network: network, Source: source, FoundAt: at}
	}
	write(t, s, &ingest.Batch{
		Candidates: []*ingest.Candidate{
			one("wss://new.com", "clearnet", "seed", noon), one("wss://failed.com", "clearnet", "nip65", noon+1),
			one("wss://failed.com", "clearnet", "list", noon-5), one("wss://gone.com", "clearnet", "list", noon+2),
			one("ws://parked.onion", "tor", "list", noon+3), one("wss://good.com", "clearnet", "seed", noon+4),
			{Url: "wss://failed.com", Network: "clearnet", Tries: 2, TriedAt: noon + 9, Reason: "tls", NextTryAt: noon + 99},
			{Url: "wss://gone.com", Network: "clearnet", Tries: 12, TriedAt: noon + 9, Reason: "timeout", GivenUp: true},
			{Url: "ws://parked.onion", Network: "tor", TriedAt: noon + 9, Reason: "no_proxy", NextTryAt: noon + 99},
		},
		Relays: []*ingest.Relay{{Url: "wss://good.com", Network: "clearnet", AcceptedAt: noon + 5}},
	})
	for name, c := range map[string]struct {
		filter store.CandidateFilter
		want   []string
	}{
		"all":       {store.CandidateFilter{}, []string{"wss://good.com relay", "ws://parked.onion parked", "wss://gone.com given up", "wss://new.com new", "wss://failed.com failed"}},
		"two":       {store.CandidateFilter{Limit: 2}, []string{"wss://good.com relay", "ws://parked.onion parked"}},
		"state":     {store.CandidateFilter{State: "new"}, []string{"wss://new.com new"}},
		"reason":    {store.CandidateFilter{Reason: "tls"}, []string{"wss://failed.com failed"}},
		"source":    {store.CandidateFilter{Source: "list", Network: "clearnet"}, []string{"wss://gone.com given up", "wss://failed.com failed"}},
		"network":   {store.CandidateFilter{Network: "tor"}, []string{"ws://parked.onion parked"}},
		"URL":       {store.CandidateFilter{URL: "wss://new.com"}, []string{"wss://new.com new"}},
		"after":     {store.CandidateFilter{AfterFound: time.Unix(noon+2, 0), AfterURL: "wss://gone.com"}, []string{"wss://new.com new", "wss://failed.com failed"}},
		"same time": {store.CandidateFilter{AfterFound: time.Unix(noon, 0), AfterURL: "wss://a.com"}, []string{"wss://new.com new", "wss://failed.com failed"}},
		"no match":  {store.CandidateFilter{Reason: "' OR true --"}, nil},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 50
		}
		list, err := r.Candidates(t.Context(), c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range list {
			got = append(got, one.URL+" "+one.State)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	list, err := r.Candidates(t.Context(), store.CandidateFilter{URL: "wss://failed.com", Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v, want one", list, err)
	}
	if c := list[0]; !slices.Equal(c.Sources, []string{"list", "nip65"}) || c.FoundAt.Unix() != noon-5 || c.Tries != 2 ||
		c.TriedAt.Unix() != noon+9 || c.NextTryAt.Unix() != noon+99 || !c.AcceptedAt.IsZero() || !c.GivenUpAt.IsZero() {
		t.Errorf("got %+v, want both sources, the first find, two tries", c)
	}
}

// TestAliasesAreShownWithTheirEvidence has five names of one relay, each known by another sign, and many that share what
// proves nothing.
func TestAliasesAreShownWithTheirEvidence(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	key, other := fmt.Sprintf("%064x", 7), fmt.Sprintf("%064x", 8)
	batch := &ingest.Batch{}
	say := func(url, kind, body string) {
		sum := sha256.Sum256([]byte(body))
		batch.Checks = append(batch.Checks, &ingest.Check{Relay: url, Vantage: "main", CheckedAt: noon + int64(len(batch.Checks)),
			State: "up", StateSince: noon, Documents: []*ingest.Document{{Type: kind, Sha256: sum[:], Body: []byte(body)}}})
	}
	say("wss://a.com", "nip11_answer", `{"claims":{"self":"`+key+`","software":"x","pubkey":"`+other+`","name":"A"}}`)
	say("ws://a.onion", "nip11_answer", `{"claims":{"self":"`+key+`"}}`)
	say("wss://b.com", "nip11_answer", `{"claims":{"self":"nonsense","software":"x","pubkey":"`+other+`","name":"A"}}`)
	say("wss://c.com", "nip11_answer", `{"claims":{"self":"nonsense","software":"x","pubkey":"`+other+`","name":"B"}}`)
	say("wss://a.com", "tls", `{"sha256":"ab"}`)
	say("wss://b.com", "tls", `{"sha256":"ab"}`)
	say("wss://a.com", "nip11", "\x00 no JSON")
	say("wss://d.com", "nip11", "\x00 no JSON")
	say("wss://a.com:444/x", "tls", `{"sha256":"cd"}`)
	for i := range 11 {
		say(fmt.Sprintf("wss://shared%d.com", i), "tls", `{"sha256":"of a hosting company"}`)
	}
	write(t, s, batch)
	want := []string{"ws://a.onion self", "wss://a.com:444/x host", "wss://b.com certificate", "wss://b.com operator", "wss://d.com document"}
	if got := aliases(t, dsn, r, "wss://a.com"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := aliases(t, dsn, r, "wss://shared1.com"); got != nil {
		t.Errorf("eleven relays with one certificate: got %q, want no evidence", got)
	}
	if got := aliases(t, dsn, r, "ws://a.onion"); !slices.Equal(got, []string{"wss://a.com self"}) {
		t.Errorf("from the other side: got %q, want wss://a.com", got)
	}
}

func TestAliasesByEvents(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, r := testkit.Store(t, dsn), testkit.Reader(t, dsn)
	events := makeEvents(60)
	serve := func(url string, some []event.Event) { write(t, s, batchOf(pageOf(url, noon, some...))) }
	serve("wss://one.com", events)
	serve("ws://onetwo.onion", events[1:])
	serve("wss://half.com", events[:50])
	if got := aliases(t, dsn, r, "wss://one.com"); !slices.Equal(got, []string{"ws://onetwo.onion events"}) {
		t.Errorf("got %q, want the one that serves 59 of 60", got)
	}
}

// aliases is what the report of a relay says of other names, which must be what the view says.
func aliases(t *testing.T, dsn string, r *store.Store, url string) (all []string) {
	t.Helper()
	report, known, err := r.RelayReport(t.Context(), url)
	if err != nil || !known {
		t.Fatalf("report of %s: known %v, %v", url, known, err)
	}
	view := testkit.Rows[store.Alias](t, dsn, "SELECT alias, evidence, detail FROM relay_aliases WHERE relay = $1 ORDER BY alias, evidence", url)
	if !slices.Equal(report.Aliases, view) {
		t.Errorf("%s: the report says %v, the view %v", url, report.Aliases, view)
	}
	for _, a := range report.Aliases {
		all = append(all, a.URL+" "+a.Evidence)
	}
	return all
}
