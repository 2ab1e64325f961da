package api

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

const noon = 1_790_000_000

// found are candidates of which several were found in the same second.
func found(n int) *ingest.Batch {
	batch := &ingest.Batch{}
	for i := range n {
		batch.Candidates = append(batch.Candidates, &ingest.Candidate{Url: fmt.Sprintf("wss://r%02d.example.com", i), Network: "clearnet", Source: "seed", FoundAt: noon + int64(i/4)})
	}
	return batch
}

func TestCandidatesPageByCursor(t *testing.T) {
	t.Parallel()
	p := open(t, nil, 0)
	p.write(found(10))
	var whole candidateList
	p.ask("GET", "/v1/candidates", "", &whole)
	if len(whole.Candidates) != 10 || whole.Cursor != "" || whole.Candidates[0].URL != "wss://r08.example.com" {
		t.Fatalf("got %d candidates from %+v on with cursor %q, want all ten, the newest first", len(whole.Candidates), whole.Candidates[0], whole.Cursor)
	}
	var paged []view.Candidate
	for cursor, pages := "", 0; ; pages++ {
		var page candidateList
		p.ask("GET", "/v1/candidates?state=new&limit=3&cursor="+cursor, "", &page)
		paged = append(paged, page.Candidates...)
		if cursor = page.Cursor; cursor == "" || pages == 10 {
			break
		}
	}
	if !slices.EqualFunc(paged, whole.Candidates, func(a, b view.Candidate) bool { return a.URL == b.URL }) {
		t.Errorf("got %d candidates in pages of three, want the same ten in the same order", len(paged))
	}
	var one view.Candidate
	p.ask("GET", "/v1/candidates/r03.example.com", "", &one)
	if one.URL != "wss://r03.example.com" || one.State != "new" || !slices.Equal(one.Sources, []string{"seed"}) {
		t.Errorf("got %+v, want the candidate", one)
	}
}

// TestARelayShowsItsHonesty writes what a relay sent that was refused.
func TestARelayShowsItsHonesty(t *testing.T) {
	t.Parallel()
	p := open(t, nil, 0)
	const hostile = "wss://a.example.com"
	p.write(&ingest.Batch{
		Relays: []*ingest.Relay{{Url: hostile, Network: "clearnet", AcceptedAt: noon}},
		Visits: []*ingest.Visit{{Relay: hostile, Job: "sync", Vantage: "main", StartedAt: noon, EndedAt: noon + 1, Outcome: "done", Rejected: map[string]uint64{"bad_signature": 3}}},
		Checks: []*ingest.Check{{Relay: hostile, Vantage: "main", CheckedAt: noon, State: "up", StateSince: noon,
			Results: []*ingest.Result{{Check: "read", Reason: "closed", Text: "<script>\u202e\x1b[31m"}}}},
	})
	for _, path := range []string{"a.example.com", url.PathEscape(hostile), url.PathEscape(hostile + "/")} {
		var got view.Relay
		answer := p.ask("GET", "/v1/relays/"+path, "", &got)
		if got.URL != hostile || len(got.States) != 1 || got.Health == nil || !slices.Contains(got.Rejects, view.Reject{Reason: "bad_signature", Class: "forged", Events: 3}) {
			t.Errorf("%s: got %+v, want its state and three forged events", path, got)
		}
		if h := answer.Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got headers %v", path, h)
		}
	}
}

func TestProblemsSayWhatToSend(t *testing.T) {
	t.Parallel()
	p := open(t, nil, 0)
	for _, c := range []struct {
		method, path string
		status       int
		detail       string
	}{
		{"GET", "/v1/nothing", http.StatusNotFound, "GET / lists them"},
		{"GET", "/v1/relays/wss://a.example.com", http.StatusNotFound, "percent-encoded"},
		{"POST", "/v1/candidates", http.StatusNotFound, "GET / lists them"},
		{"GET", "/v1/candidates?limit=1001", http.StatusBadRequest, "want 1 to 1000"},
		{"GET", "/v1/candidates?limit=ten", http.StatusBadRequest, "want 1 to 1000"},
		{"GET", "/v1/candidates?state=asleep", http.StatusBadRequest, "want one of new, failed"},
		{"GET", "/v1/candidates?stat=new", http.StatusBadRequest, "there are: cursor, limit, network"},
		{"GET", "/v1/candidates?state=new&state=new", http.StatusBadRequest, "send it once"},
		{"GET", "/v1/candidates?source=%00", http.StatusBadRequest, "NUL"},
		{"GET", "/v1/candidates?reason=%ff", http.StatusBadRequest, "UTF-8"},
		{"GET", "/v1/candidates?source=%zz", http.StatusBadRequest, "percent-encoded"},
		{"GET", "/v1/candidates?cursor=AAAA", http.StatusBadRequest, "as it came"},
		{"GET", "/v1/candidates/no%20relay", http.StatusBadRequest, "relay.example.com"},
		{"GET", "/v1/candidates/a.example.com", http.StatusNotFound, "nobody has found wss://a.example.com"},
		{"GET", "/v1/relays/a.example.com", http.StatusNotFound, "nobody has found wss://a.example.com"},
		{"GET", "/v1/relays/a.example.com?view=full", http.StatusBadRequest, "there is no parameter"},
		{"POST", "/v1/relays/a.example.com/check", http.StatusUnauthorized, "Authorization: Bearer KEY"},
	} {
		var got problem
		answer := p.ask(c.method, c.path, "", &got)
		if answer.StatusCode != c.status || got.Status != c.status || got.Title == "" || !strings.Contains(got.Detail, c.detail) ||
			answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: got %s, %+v, want %d with %q in it", c.method, c.path, answer.Status, got, c.status, c.detail)
		}
	}
}

func TestOnlyHoldersOfAKeyMayWish(t *testing.T) {
	t.Parallel()
	p := open(t, keys{sha256.Sum256([]byte("a key")): "ops"}, 0)
	for key, want := range map[string]int{"": http.StatusUnauthorized, "a kez": http.StatusUnauthorized, "a key": http.StatusServiceUnavailable} { // no monitor is there
		var got problem
		if answer := p.ask("POST", "/v1/relays/a.example.com/check", key, &got); answer.StatusCode != want {
			t.Errorf("key %q: got %s, want %d", key, answer.Status, want)
		} else if want == http.StatusUnauthorized && (answer.Header.Get("WWW-Authenticate") != "Bearer" || answer.Header.Get("Access-Control-Allow-Origin") != "") {
			t.Errorf("key %q: got headers %v, want to be told how to send a key, from our own origin alone", key, answer.Header)
		}
	}
}

func TestAnAddressIsLimited(t *testing.T) {
	t.Parallel()
	p := open(t, nil, 1)
	codes := map[int]int{}
	for range burst + 5 {
		var any map[string]any
		answer := p.ask("GET", "/", "", &any)
		if codes[answer.StatusCode]++; answer.StatusCode == http.StatusTooManyRequests && answer.Header.Get("Retry-After") == "" || answer.Header.Get("RateLimit") == "" {
			t.Errorf("got headers %v, want the limit and when to ask again", answer.Header)
		}
	}
	if codes[http.StatusOK] < burst || codes[http.StatusTooManyRequests] == 0 {
		t.Errorf("got %v, want %d answers and then refusals", codes, burst)
	}
}

func TestWhatIsWrongInTheKeysIsSaid(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("ab", 32)
	if known, err := parseKeys([]byte("keys: [{name: ops, sha256: " + sum + "}]")); err != nil || len(known) != 1 {
		t.Errorf("a good list: got %v, %v, want one key", known, err)
	}
	if err := (Config{Keys: "../../deploy/config/keys.yaml"}).Validate(); err != nil {
		t.Errorf("the list that is shipped: got %v, want nil", err)
	}
	for list, want := range map[string]string{
		"keys: [{name: ops, sha256: abc}]":      "bigbrotr keys api",
		"keys: [{sha256: " + sum + "}]":         "name: got 0 bytes",
		"keys: [{name: ops, key: secret}]":      "field key not found",
		"key: []":                               "field key not found",
		"keys: [{name: a, sha256: \"\"}, {}]\n": "key 2 of API_KEYS",
	} {
		if _, err := parseKeys([]byte(list)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", list, err, want)
		}
	}
}
