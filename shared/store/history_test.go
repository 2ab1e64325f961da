package store_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// serving is a round at which a relay served an information document.
func serving(relay string, minute int64, body string) *ingest.Check {
	c := roundAt(minute, "up")
	sum := sha256.Sum256([]byte(body))
	c.Relay, c.Documents = relay, []*ingest.Document{{Type: "nip11", Sha256: sum[:], Body: []byte(body)}}
	return c
}

func TestVersionsOfADocument(t *testing.T) {
	t.Parallel()
	s := testkit.Store(t, testkit.Postgres(t))
	for i, body := range []string{"{}", "{}", `{"name":"\u0000"}`, "{}"} {
		write(t, s, checksOf(serving(relayA, int64(i)*60, body)))
	}
	all, err := s.History(t.Context(), relayA, "nip11", 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range all {
		sum := sha256.Sum256(v.Body)
		if !slices.Equal(sum[:], v.SHA256) || v.Vantage != "main" {
			t.Errorf("got version %+v, want it named by its content", v)
		}
		got = append(got, string(v.Body)+" "+v.LastSeen.Sub(v.FirstSeen).String())
	}
	if want := []string{"{} 0s", `{"name":"\u0000"} 0s`, "{} 1h0m0s"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if newest, err := s.NewestDocuments(t.Context(), relayA); err != nil || len(newest) != 1 || newest[0].FirstSeen.Unix() != noon+3*3600 {
		t.Errorf("got %+v, %v, want the last version alone", newest, err)
	}
	if two, err := s.History(t.Context(), relayA, "nip11", 2); err != nil || len(two) != 2 {
		t.Errorf("got %d versions, %v, want 2", len(two), err)
	}
}

func TestTwinsServeTheSameDocumentOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := testkit.Store(t, testkit.Postgres(t))
	own := `{"name":"one","pubkey":"` + strings.Repeat("ab", 32) + `"}`
	for _, c := range []*ingest.Check{
		serving(relayA, 0, own), serving(relayB, 0, own),
		serving("wss://c.example.com", 0, own), serving("wss://c.example.com", 60, `{"name":"another now"}`),
		serving("wss://d.example.com", 0, "{}"), serving("wss://e.example.com", 0, "{}"), // what a program serves by default
	} {
		write(t, s, checksOf(c))
	}
	for url, want := range map[string][]string{relayA: {relayB}, relayB: {relayA}, "wss://c.example.com": nil, "wss://d.example.com": nil} {
		if got, err := s.Twins(t.Context(), url); err != nil || !slices.Equal(got, want) {
			t.Errorf("twins of %s: got %v, %v, want %v", url, got, err, want)
		}
	}
}

func TestOtherMonitorsAreFoundInBothForms(t *testing.T) {
	t.Parallel()
	s := testkit.Store(t, testkit.Postgres(t))
	one, two := event.GenerateKey(), event.GenerateKey()
	about := func(k event.Key, at int64, kind uint16, d string) event.Event {
		return k.Sign(at, kind, [][]string{{"d", d}, {"rtt-open", "50"}}, "")
	}
	write(t, s, batchOf(pageOf(relayB, noon,
		about(one, 1_700_000_000, 30166, relayA), about(one, 1_700_000_100, 30166, relayA+"/"), about(two, 1_700_000_050, 30166, relayA),
		about(two, 1_700_000_200, 30166, relayB), about(two, 1_700_000_300, 30167, relayA))))
	claims, err := s.OtherMonitors(t.Context(), relayA)
	if err != nil || len(claims) != 2 {
		t.Fatalf("got %+v, %v, want the newest of two monitors", claims, err)
	}
	if c := claims[0]; c.Monitor != one.PubKey() || c.At.Unix() != 1_700_000_100 || c.Open != 50*time.Millisecond {
		t.Errorf("got %+v first, want the newest event of the first monitor", c)
	}
	if c := claims[1]; c.Monitor != two.PubKey() || c.At.Unix() != 1_700_000_050 {
		t.Errorf("got %+v second, want the event about this relay", c)
	}
	ours, own := published("", "profile", noon), one.PubKey()
	ours.Pubkey = own[:]
	write(t, s, &ingest.Batch{Version: 1, Publications: []*ingest.Publication{ours}})
	claims, err = s.OtherMonitors(t.Context(), relayA)
	if err != nil || len(claims) != 1 || claims[0].Monitor != two.PubKey() {
		t.Errorf("a key that we publish with: got %+v, %v, want the other monitor alone", claims, err)
	}
}
