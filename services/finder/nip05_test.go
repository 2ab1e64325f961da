package finder

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func TestAddressesAreReadStrictly(t *testing.T) {
	for profile, want := range map[string]string{
		`{"nip05":"Bob@Example-Site.com"}`: "bob@example-site.com", `{"nip05":" _@site.com "}`: "_@site.com", `{"nip05":"site.com"}`: "_@site.com",
		`{"nip05":"bob@bücher.com"}`: "bob@xn--bcher-kva.com",
		`{"nip05":"bob@127.0.0.1"}`:  "", `{"nip05":"bob@localhost"}`: "", `{"nip05":"bob@db.internal"}`: "", `{"nip05":"bob@postgres"}`: "",
		`{"nip05":"bob@site.com:5432"}`: "", `{"nip05":"bob@site.com/x"}`: "", `{"nip05":"bob@site.com?a"}`: "", `{"nip05":"b@c@site.com"}`: "",
		`{"nip05":"bob smith@site.com"}`: "", `{"nip05":"@site.com"}`: "", `{"nip05":"bob@relay.onion"}`: "", `{"nip05":5}`: "", `[]`: "", `nothing`: "",
		`{"nip05":"bob@` + strings.Repeat("a", 400) + `.com"}`: "", `{"nip05":"bob@[::1]"}`: "", `{"nip05":"bob@0x7f.0.0.1"}`: "",
	} {
		got, ok := readAddress(profile)
		if text := strings.TrimPrefix(got.name+"@"+got.domain, "@"); ok != (want != "") || ok && text != want {
			t.Errorf("%s got %q, %v, want %q", profile, text, ok, want)
		}
	}
}

func FuzzNostrJSON(f *testing.F) {
	f.Add([]byte(`{"names":{"bob":"ab"},"relays":{"ab":["wss://a.com","wss://b.com"],"cd":"x","ef":[1,null]}}`), `{"nip05":"bob@site.com"}`)
	f.Add([]byte(`{"relays":[]}`), `{"nip05":null}`)
	f.Fuzz(func(t *testing.T, body []byte, profile string) {
		urls, err := readNostrJSON(body)
		if len(urls) > domainURLs || err != nil && urls != nil || !slices.IsSorted(urls) {
			t.Errorf("got %d URLs, %v, want at most %d in order", len(urls), err, domainURLs)
		}
		if a, ok := readAddress(profile); ok {
			if u, err := relay.ParseURL("wss://" + a.domain); err != nil || u.Host() != a.domain || strings.ContainsAny(a.name, "/?&#% ") {
				t.Errorf("got %+v, want a plain name and a host that we would dial", a)
			}
		}
	})
}

func TestNostrJSONIsBounded(t *testing.T) {
	many := make([]string, 1000)
	for i := range many {
		many[i] = "wss://" + strings.Repeat("a", i+1) + ".com"
	}
	body, err := json.Marshal(map[string]any{"relays": map[string]any{"ab": many}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readNostrJSON(make([]byte, domainMax+1)); err == nil {
		t.Error("a body over the bound got no error")
	}
	if len(body) < domainMax {
		t.Fatal("the list is too short to be one")
	}
	body, _ = json.Marshal(map[string]any{"relays": map[string]any{"ab": many[:300]}})
	if urls, err := readNostrJSON(body); err != nil || len(urls) != domainURLs {
		t.Errorf("got %d URLs, %v, want %d", len(urls), err, domainURLs)
	}
}

// TestDomainNamesRelays asks a real server through the finder's own client, which may dial loopback here.
func TestDomainNamesRelays(t *testing.T) {
	w := newWorld(t, roomy)
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		_, _ = rw.Write([]byte(`{"names":{"bob":"ab"},"relays":{"ab":["wss://nip05.event.com","no relay"],"cd":7}}`))
	}))
	t.Cleanup(server.Close)
	urls, err := w.fetchDomain(t.Context(), server.URL, "bob")
	if err != nil || !slices.Equal(urls, []string{"no relay", "wss://nip05.event.com"}) {
		t.Errorf("got %q, %v, want both texts", urls, err)
	}
	if got := <-asked; got != "/.well-known/nostr.json?name=bob" {
		t.Errorf("asked for %s, want nostr.json of bob", got)
	}
	if err := w.bus.PublishMany(t.Context(), urlMessages(sourceNIP05, urls)); err != nil {
		t.Fatal(err)
	}
	w.intakeAndWriter()
	w.settled()
	report, found, err := w.store.RelayReport(t.Context(), "wss://nip05.event.com")
	if err != nil || !found || report.Sources[0].Name != sourceNIP05 {
		t.Errorf("got %+v, %v, %v, want it found by nip05", report.Sources, found, err)
	}
}

// TestDomainLeadsNowhereInside: neither a domain at a reserved address nor a redirect is followed.
func TestDomainLeadsNowhereInside(t *testing.T) {
	w := newWorld(t, roomy)
	var reached atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(inside.Close)
	door := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	t.Cleanup(door.Close)
	if _, err := w.fetchDomain(t.Context(), door.URL, "bob"); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("redirect got %v, want its status as the error", err)
	}
	shut := New(roomy, netconfMain, closed, w.bus, w.store, w.log)
	if _, err := shut.fetchDomain(t.Context(), inside.URL, "bob"); relay.ReasonOf(err) != string(relay.ClassReserved) {
		t.Errorf("loopback got %v, want reserved", err)
	}
	if reached.Load() != 0 {
		t.Errorf("the server inside was reached %d times", reached.Load())
	}
}

func TestDomainIsAskedOnceAWeekAlsoByAnotherProcess(t *testing.T) {
	w := newWorld(t, roomy)
	now := time.Now()
	w.now = func() time.Time { return now }
	var week asked
	first, second := w.mayAsk(t.Context(), &week, "site.com"), w.mayAsk(t.Context(), &week, "site.com")
	w.saveDomains(t.Context(), &week)
	var other asked
	again, fresh := w.mayAsk(t.Context(), &other, "site.com"), w.mayAsk(t.Context(), &other, "another.com")
	now = now.Add(7 * 24 * time.Hour)
	next := w.mayAsk(t.Context(), &other, "site.com")
	if !first || second || again || !fresh || !next {
		t.Errorf("got %v, %v, %v, %v, %v, want asked at first, elsewhere and a week later alone", first, second, again, fresh, next)
	}
	if w.messages(subject.StreamFound) != 0 {
		t.Error("nobody was asked, and something was found")
	}
}
