package finder

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestShippedSources(t *testing.T) {
	lists, err := readSources(sourcesShipped)
	if err != nil {
		t.Fatal(err)
	}
	var urls []string
	for _, l := range lists {
		urls = append(urls, l.URL)
		if l.Every != 24*time.Hour || l.Select != "[*]" {
			t.Errorf("%s got every %s, select %q, want 24h and [*]", l.URL, l.Every, l.Select)
		}
	}
	if got, want := strings.Join(urls, " "), "https://api.nostr.watch/v1/online https://api.nostr.watch/v1/offline"; got != want {
		t.Errorf("shipped lists got %s, want %s", got, want)
	}
	deployed, err := os.ReadFile("../../deploy/config/sources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(deployed, shippedSources) {
		t.Error("sources.yaml differs from deploy/config/sources.yaml; copy that one here")
	}
}

func TestSourcesAreReadStrictly(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "sources:\n  - url: https://a.example\n    jsonpath: x\n", "jsonpath"},
		{"unknown key at the top", "lists: []\n", "lists"},
		{"duplicate key", "sources:\n  - url: https://a.example\n    url: https://b.example\n", "already defined"},
		{"no url", "sources:\n  - select: '[*]'\n", "source 1"},
		{"file url", "sources:\n  - url: file:///etc/passwd\n", "source 1"},
		{"period", "sources:\n  - url: https://a.example\n    every: 1s\n", "every"},
		{"bad expression", "sources:\n  - url: https://a.example\n    select: '[*'\n", "select"},
		{"long expression", "sources:\n  - url: https://a.example\n    select: '" + strings.Repeat("a", maxExpression+1) + "'\n", "select"},
		{"twice", "sources:\n  - url: https://a.example\n  - url: https://a.example\n", "twice"},
		{"both wrong", "sources:\n  - url: x\n  - url: y\n", "source 2"},
		{"too many", "sources:\n" + strings.Repeat("  - url: https://a.example\n", maxLists+1), "at most"},
	} {
		if _, err := parseSources([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestSourcesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lists.yaml")
	if err := os.WriteFile(path, []byte("sources:\n  - url: http://lists.example/r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lists, err := readSources(path)
	if err != nil || len(lists) != 1 || lists[0].Select != defaultSelect || lists[0].Every != defaultEvery {
		t.Errorf("got %v, %v, want one list with defaults", lists, err)
	}
	if lists, err := readSources(sourcesNone); err != nil || len(lists) != 0 {
		t.Errorf("none got %v, %v, want no list", lists, err)
	}
	if _, err := readSources(path + ".missing"); err == nil {
		t.Error("a missing file got no error")
	}
}

func listWith(t testing.TB, expression string) *list {
	l := &list{URL: "https://a.example", Select: expression}
	if err := l.complete(); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		expression, body, want string
		unfit                  int
		fails                  bool
	}{
		{"[*]", `["wss://a.example","wss://b.example"]`, "wss://a.example wss://b.example", 0, false},
		{"[*]", `["wss://a.example",7,null,{"url":"x"}]`, "wss://a.example", 2, false},
		{"data[?up].url", `{"data":[{"url":"wss://a.example","up":true},{"url":"wss://b.example","up":false}]}`, "wss://a.example", 0, false},
		{"lines", "\ufeff# ours\r\nwss://a.example\r\n\n  wss://b.example # with a word\n", "wss://a.example wss://b.example # with a word", 0, false},
		{"lines", "{\"no\":1}\n" + strings.Repeat("x", 3000), `{"no":1}`, 1, false},
		{"[*].url", `[{"url":"wss://a.example","up":true},{"url":"wss://b.example"}]`, "wss://a.example wss://b.example", 0, false},
		{"keys(relays)", `{"relays":{"wss://a.example":{"read":true}}}`, "wss://a.example", 0, false},
		{"keys(@)", `{"wss://a.example":1}`, "wss://a.example", 0, false},
		{"[*]", `["` + strings.Repeat("a", 3000) + `"]`, "", 1, false},
		{"[*]", `{}`, "", 0, true},
		{"length(@)", `[]`, "", 0, true},
		{"[*]", `not json`, "", 0, true},
		{"[*]", ``, "", 0, true},
		{"[*]", strings.Repeat("[", 20_000), "", 0, true},
	} {
		urls, unfit, err := listWith(t, c.expression).choose([]byte(c.body))
		if got := strings.Join(urls, " "); got != c.want || unfit != c.unfit || (err != nil) != c.fails {
			t.Errorf("choose %s from %.60s got %q, %d unfit, %v, want %q, %d unfit, error %v", c.expression, c.body, got, unfit, err, c.want, c.unfit, c.fails)
		}
	}
}

func TestListMessagesAreBoundedAndLoseNothing(t *testing.T) {
	var urls []string
	for range 2000 {
		urls = append(urls, "wss://h.example/"+strings.Repeat("x", 500), "two\nlines", "\u202eevil")
	}
	var lines []string
	for _, m := range listMessages(urls) {
		if len(m.Body) > maxListBytes+4096 {
			t.Errorf("a message got %d bytes, want at most %d and one line", len(m.Body), maxListBytes)
		}
		for line := range bytes.Lines(m.Body) {
			lines = append(lines, string(line))
		}
	}
	if len(lines) != len(urls) {
		t.Errorf("got %d lines, want %d", len(lines), len(urls))
	}
	for _, line := range lines {
		if strings.ContainsRune(line, '\u202e') || !strings.HasPrefix(line, `"`) {
			t.Fatalf("a line got %q, want an escaped JSON string", line)
		}
	}
}

func FuzzChoose(f *testing.F) {
	f.Add([]byte(`["wss://a.example"]`))
	f.Add([]byte(`{"data":[{"url":"wss://a.example","up":true}]}`))
	f.Add([]byte(`[[[[[1e999]]]],null,{"":""}]`))
	expressions := []*list{listWith(f, "[*]"), listWith(f, "data[?up].url"), listWith(f, "*[].url | sort(@)"), listWith(f, "keys(@)")}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, l := range expressions {
			urls, _, _ := l.choose(body)
			if len(urls) > maxListURLs {
				t.Fatalf("got %d URLs, want at most %d", len(urls), maxListURLs)
			}
		}
	})
}
