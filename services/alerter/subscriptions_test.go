package alerter

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

func TestTheShippedListAsksForNothingAndShowsEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../deploy/config/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := parseSubscriptions(text)
	if err != nil || len(list) != 0 {
		t.Errorf("got %d subscriptions, %v, want none", len(list), err)
	}
	for _, key := range []string{"name", "relays", "on", "webhook", "secret_file", "nostr", "quiet", "quiet_hours"} {
		if !strings.Contains(string(text), " "+key+":") {
			t.Errorf("the comment has no %s", key)
		}
	}
}

func TestDefaultsOfASubscription(t *testing.T) {
	list, err := parseSubscriptions([]byte("subscriptions: [{name: a, relays: ['*'], webhook: 'https://h.example.com'}]"))
	if err != nil || len(list) != 1 || *list[0].Quiet != 15*time.Minute || len(list[0].On) != 3 || list[0].secret != nil {
		t.Errorf("got %+v, %v, want the defaults", list, err)
	}
}

func TestEverythingThatIsWrongIsToldAtOnce(t *testing.T) {
	_, err := parseSubscriptions([]byte(`subscriptions:
  - {name: "", relays: [], webhook: "http://plain.example.com/t0ken"}
  - {name: a, relays: ["a/b", "*.*", "wss://"], on: [up], quiet: 200h, quiet_hours: noon, nostr: npub1nothing}
  - {name: a, relays: ["*"]}
  - {name: b, relays: ["*"], nostr: "` + strings.Repeat("a", 64) + `", secret_file: /x}
  - {name: c, relays: ["*"], webhook: "https://h.example.com", secret_file: /nowhere/at/all}
`))
	if err == nil {
		t.Fatal("got nil, want errors")
	}
	for _, want := range []string{"name: got 0 bytes", "relays: got 0", "webhook: want https", `"a/b"`, `"*.*"`, `"wss://"`, `on: got "up"`,
		"quiet: got 200h", "quiet_hours", "nostr: want", "another one is called", "webhook or nostr", "it signs webhooks", "/nowhere/at/all"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q told", err, want)
		}
	}
	if strings.Contains(err.Error(), "t0ken") {
		t.Error("the error repeats an address, which may hold a token")
	}
	for _, text := range []string{"subscriptions: [{name: a, other: b}]", "other: []", "subscriptions: {}", "subscriptions: [null]", "subscriptions: [{name: a, name: b}]", "["} {
		if _, err := parseSubscriptions([]byte(text)); err == nil {
			t.Errorf("%q got nil, want an error", text)
		}
	}
}

func TestPrivateMessagesNeedAKey(t *testing.T) {
	file := t.TempDir() + "/alerts.yaml"
	if err := os.WriteFile(file, []byte("subscriptions: [{name: a, relays: ['*'], nostr: "+strings.Repeat("a", 64)+"}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Config{Subscriptions: file}).Validate(); err == nil || !strings.Contains(err.Error(), "ALERT_PRIVATE_KEY") {
		t.Errorf("got %v, want the key demanded", err)
	}
	if err := (Config{Relays: []string{"nonsense"}}).Validate(); err == nil {
		t.Error("a wrong relay got nil, want an error")
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern string
		url     relay.URL
		want    bool
	}{
		{"*", "wss://a.example.com", true},
		{"a.example.com", "wss://a.example.com", true}, {"A.example.com.", "ws://a.example.com:7000/x", true},
		{"example.com", "wss://a.example.com", false},
		{"*.example.com", "wss://a.b.example.com", true}, {"*.example.com", "wss://example.com", false}, {"*.example.com", "wss://badexample.com", false},
		{"wss://a.example.com", "wss://a.example.com", true}, {"wss://a.example.com/", "wss://a.example.com", true},
		{"wss://a.example.com", "ws://a.example.com", false}, {"wss://a.example.com", "wss://a.example.com/x", false},
		{"127.0.0.1", "ws://127.0.0.1:7777", true},
	} {
		p, err := parsePattern(c.pattern)
		if err != nil || p.matches(c.url) != c.want {
			t.Errorf("%s and %s: got %v, %v, want %v", c.pattern, c.url, p.matches(c.url), err, c.want)
		}
	}
}

func TestQuietHours(t *testing.T) {
	at := func(day int, clock string) time.Time {
		when, err := time.Parse("15:04", clock)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 1, day, when.Hour(), when.Minute(), 0, 0, time.UTC)
	}
	for _, c := range []struct {
		hours     string
		now, want time.Time
	}{
		{"22:00-07:00", at(1, "23:30"), at(2, "07:00")}, {"22:00-07:00", at(1, "06:59"), at(1, "07:00")},
		{"22:00-07:00", at(1, "07:00"), at(1, "07:00")}, {"22:00-07:00", at(1, "12:00"), at(1, "12:00")},
		{"22:00-07:00", at(1, "22:00"), at(2, "07:00")}, {"01:00-02:00", at(1, "01:30"), at(1, "02:00")},
		{"01:00-02:00", at(1, "02:00"), at(1, "02:00")}, {"", at(1, "03:00"), at(1, "03:00")},
	} {
		h, err := parseHours(c.hours)
		if got := h.end(c.now); err != nil || !got.Equal(c.want) {
			t.Errorf("%s at %s: got %s, %v, want %s", c.hours, c.now, got, err, c.want)
		}
	}
}

func FuzzSubscriptions(f *testing.F) {
	f.Add([]byte("subscriptions: [{name: a, relays: ['*', '*.example.com', 'wss://a.example.com/x'], webhook: 'https://h.example.com', quiet: 1h, quiet_hours: 22:00-07:00}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(string(text), "secret_file") {
			return // it would read files
		}
		list, err := parseSubscriptions(text)
		if err != nil {
			return
		}
		for _, s := range list {
			if s.Name == "" || len(s.patterns) == 0 || *s.Quiet < 0 || s.Webhook == "" && s.Nostr == "" {
				t.Fatalf("got %+v, want what the bounds allow", s)
			}
			s.about("wss://a.example.com")
		}
	})
}
