package subject

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestToken(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"wss://relay.damus.io", "relay_damus_io"},
		{"wss://xn--caf-dma.com", "xn--caf-dma_com"},
		{"ws://relay.damus.io", "relay_damus_io__c6a1e63b22c2b8b2"},
		{"wss://relay.damus.io:444", "relay_damus_io_444__"},
		{"wss://a_b.example.com", "a_b_example_com__"},
		{"wss://8.8.8.8", "8_8_8_8__"},
		{"wss://[2606:4700::1]", "_2606_4700__1___"},
		{"wss://h.example/Path", "h_example__ath__"},
		{"wss://" + strings.Repeat("a", 70), strings.Repeat("a", 64) + "__"},
	} {
		got := Token(c.url)
		if hashed := strings.HasSuffix(c.want, "__"); hashed && (!strings.HasPrefix(got, c.want) || len(got) != len(c.want)+16) {
			t.Errorf("Token(%q) got %q, want %q and 16 hex digits", c.url, got, c.want)
		} else if !hashed && !strings.Contains(c.want, "__") && got != c.want {
			t.Errorf("Token(%q) got %q, want %q", c.url, got, c.want)
		}
	}
}

func TestURLOfToken(t *testing.T) {
	for _, c := range []struct {
		token, want string
		ok          bool
	}{
		{"relay_damus_io", "wss://relay.damus.io", true},
		{Token("ws://relay.damus.io"), "", false},
		{Token("wss://8.8.8.8"), "", false},
		{"8_8_8_8", "", false},
		{"localhost", "", false},
		{"relay.damus.io", "", false},
		{"Relay_io", "", false},
		{"", "", false},
		{"_io", "", false},
	} {
		if got, ok := URLOfToken(c.token); got != c.want || ok != c.ok {
			t.Errorf("URLOfToken(%q) got %q %v, want %q %v", c.token, got, ok, c.want, c.ok)
		}
	}
}

func TestTokensOfAnyTwoURLsDiffer(t *testing.T) {
	part := rapid.StringMatching(`(ws|wss)://[a-c_.-]{1,6}(:[0-9]{1,2})?(/[a-c_.]{1,3})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := part.Draw(t, "a"), part.Draw(t, "b")
		checkToken(t, a)
		if a != b && Token(a) == Token(b) {
			t.Fatalf("Token(%q) and Token(%q) got the same %q", a, b, Token(a))
		}
	})
}

func TestTokensOfKnownRelaysDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"seed_relays.txt", "wild_urls.txt"} {
		for _, url := range lines(t, name) {
			token := Token(url)
			checkToken(t, url)
			if other, taken := seen[token]; taken && other != url {
				t.Errorf("Token(%q) and Token(%q) got the same %q", url, other, token)
			}
			seen[token] = url
		}
	}
	t.Logf("compared %d tokens", len(seen))
}

type failer interface{ Errorf(string, ...any) }

func checkToken(t failer, url string) {
	token := Token(url)
	if token == "" || strings.ContainsAny(token, ".*> \t\r\n\x00") {
		t.Errorf("Token(%q) got %q, want one subject token", url, token)
	}
	back, plain := URLOfToken(token)
	if plain && back != url {
		t.Errorf("URLOfToken(%q) got %q, want %q", token, back, url)
	}
	if !plain && len(token) > 100 {
		t.Errorf("Token(%q) got %d bytes, want at most 100", url, len(token))
	}
}

func lines(t *testing.T, name string) []string {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "relays", name))
	if err != nil {
		t.Logf("%s is not there: its tokens were not compared", name)
		return nil
	}
	defer f.Close()
	var out []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := strings.TrimSuffix(strings.TrimSpace(s.Text()), "/"); line != "" {
			out = append(out, line)
		}
	}
	return out
}
