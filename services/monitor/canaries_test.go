package monitor

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// listed writes a list of canaries and names it in the settings.
func (p *place) listed(relays ...*simrelay.Relay) {
	p.t.Helper()
	text := "canaries:\n  clearnet:\n"
	for _, r := range relays {
		text += "    - " + r.URL() + "\n"
	}
	p.cfg.Canaries = filepath.Join(p.t.TempDir(), "canaries.yaml")
	if err := os.WriteFile(p.cfg.Canaries, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func TestRoundsOfADegradedVantageAreNotHeldAgainstRelays(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.pace.look = time.Millisecond
	songbirds := []*simrelay.Relay{start(t, "one", simrelay.Manners{}), start(t, "two", simrelay.Manners{}), start(t, "three", simrelay.Manners{})}
	p.listed(songbirds...)
	p.writer()
	p.monitors(1)
	r := start(t, "watched", simrelay.Manners{})

	expectRound(t, p.check(r.URL(), 1), up, 0, false)
	if songbirds[0].Ledger().Totals().Connections != 0 {
		t.Error("a canary was asked although nothing failed")
	}
	r.Stop()
	songbirds[0].Stop()
	expectRound(t, p.next(r.URL(), 2), up, 1, false) // two of three still answer
	songbirds[1].Stop()
	expectRound(t, p.next(r.URL(), 3), up, 1, true)
	expectRound(t, p.next(r.URL(), 4), up, 1, true)
	if err := songbirds[1].Start(); err != nil {
		t.Fatal(err)
	}
	expectRound(t, p.next(r.URL(), 5), up, 2, false)

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told[r.URL()] != 3 {
		t.Errorf("got facts of %d rounds, want them of the 3 that say something", p.told[r.URL()])
	}
	state, _, err := p.archive.State(t.Context(), r.URL(), "main")
	if err != nil || state.State != up || state.Failures != 2 {
		t.Errorf("got state %+v, %v, want up with 2 failures", state, err)
	}
	if n := testkit.Number(t, p.owner, "SELECT count(DISTINCT checked_at) FROM relay_checks WHERE degraded"); n != 2 {
		t.Errorf("got %d rounds stored as degraded, want 2", n)
	}
}

// next makes the nth round in another second than the last: results are keyed by it.
func (p *place) next(url string, n int) *ingest.Check {
	p.t.Helper()
	last := p.of(url)[n-2].CheckedAt
	p.until("another second", func() bool { return time.Now().Unix() > last })
	return p.check(url, n)
}

func expectRound(t *testing.T, c *ingest.Check, state string, failures uint32, degraded bool) {
	t.Helper()
	if c.State != state || c.Failures != failures || c.Degraded != degraded || degraded && len(c.Documents) > 0 {
		t.Errorf("got %s with %d failures, degraded %v, %d documents, want %s with %d, degraded %v",
			c.State, c.Failures, c.Degraded, len(c.Documents), state, failures, degraded)
	}
	if c.NextCheckAt <= c.CheckedAt {
		t.Errorf("got the next round at %d after %d", c.NextCheckAt, c.CheckedAt)
	}
}

func TestOneLookAtTheCanariesServesAllRounds(t *testing.T) {
	var asked atomic.Int64
	ask := func(context.Context, relay.URL) answer { asked.Add(1); return silent }
	c := newCanaries(relay.Clearnet, []relay.URL{"wss://a.com", "wss://b.com", "wss://c.com"}, true, ask, testkit.Log(t))
	since := time.Now()
	for range 50 {
		if c.soundSince(t.Context(), since) {
			t.Fatal("got a sound vantage, want none while all canaries are silent")
		}
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("got %d questions, want each canary asked once", n)
	}
	if c.soundSince(t.Context(), time.Now()); asked.Load() != 6 {
		t.Errorf("got %d questions, want another look for a round that began after the first", asked.Load())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	c.soundSince(ended, time.Now())
	if got := c.began; time.Since(got) < 0 || !c.mu.TryLock() {
		t.Error("a stop left the canaries locked")
	}
}

func TestMajorityOfTheCanariesThatCanBeAsked(t *testing.T) {
	for _, c := range []struct {
		answers string // a = answered, s = silent, u = unasked
		want    bool
	}{{"aaa", true}, {"aas", true}, {"ass", false}, {"sss", false}, {"uuu", true}, {"uas", false}, {"uua", true}, {"uus", false}, {"as", false}, {"", true}} {
		urls := make([]relay.URL, 0, len(c.answers))
		for i := range c.answers {
			urls = append(urls, relay.URL(c.answers[i:]))
		}
		ask := func(_ context.Context, url relay.URL) answer {
			return map[byte]answer{'a': answered, 's': silent, 'u': unasked}[url[0]]
		}
		if got := newCanaries(relay.Tor, urls, true, ask, testkit.Log(t)).soundSince(t.Context(), time.Now()); got != c.want {
			t.Errorf("answers %q: got sound %v, want %v", c.answers, got, c.want)
		}
	}
}

func TestShippedCanariesCountOnceTheyHaveAnswered(t *testing.T) {
	var sings atomic.Bool
	ask := func(context.Context, relay.URL) answer {
		if sings.Load() {
			return answered
		}
		return silent
	}
	c := newCanaries(relay.Clearnet, []relay.URL{"wss://a.com"}, false, ask, testkit.Log(t))
	if !c.soundSince(t.Context(), time.Now()) {
		t.Error("canaries that never answered: got a degraded vantage, want rounds judged without them")
	}
	sings.Store(true)
	c.prove(t.Context())
	sings.Store(false)
	if c.soundSince(t.Context(), time.Now()) {
		t.Error("canaries that fell silent: got a sound vantage")
	}
}

func TestShippedCanariesAreThoseOfDeploy(t *testing.T) {
	text, err := os.ReadFile("../../deploy/config/canaries.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, shippedCanaries) {
		t.Error("services/monitor/canaries.yaml differs from deploy/config/canaries.yaml; copy it")
	}
	lists, err := readCanaries(canariesShipped, relay.Parser{})
	if err != nil || len(lists[relay.Clearnet]) != 3 || len(lists[relay.Tor]) != 3 {
		t.Errorf("got %v, %v, want three canaries on clearnet and three on tor", lists, err)
	}
}

func TestListOfCanariesIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"canarys: {}": "field canarys not found",
		"canaries: {clearnet: [wss://a.com]}\ncanaries: {}":                  "already defined",
		"canaries: {clearnet: [nonsense]}":                                   "nonsense",
		"canaries: {tor: [wss://a.com]}":                                     "it is in network clearnet",
		"canaries: {moon: []}":                                               "want one of [clearnet tor i2p loki]",
		"canaries: {clearnet: [wss://a.com, wss://a.com/]}":                  "there twice",
		"canaries: {clearnet: [" + strings.Repeat("wss://a.com,", 16) + "]}": "got 16, want at most 15",
		"canaries: {clearnet: wss://a.com}":                                  "cannot unmarshal",
	} {
		_, err := parseCanaries([]byte(text), relay.Parser{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", text, err, want)
		}
	}
	if _, err := readCanaries("/nonexistent/list", relay.Parser{}); err == nil || !strings.Contains(err.Error(), "MONITOR_CANARIES") {
		t.Errorf("a file that is not there: got %v", err)
	}
}
