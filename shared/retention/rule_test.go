package retention_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/retention"
)

var now = time.Unix(1_790_000_000, 0)

func TestRulesMatch(t *testing.T) {
	key, other := event.GenerateKey(), event.GenerateKey()
	rules, err := retention.Parse([]byte(`
rules:
  - {name: old reactions, kinds: [7, 1000-1999], older_than: 30d}
  - {name: an author, authors: [` + key.PubKey().String() + `]}
  - {relays: [Spam.example.com], kinds: ["1"]}
  - {kinds: ["5", "62"]}
`))
	if err != nil || len(rules) != 4 || rules[2].Name != "rule 3" {
		t.Fatalf("got %v, %v, want four rules", rules, err)
	}
	const day = 86400
	old, fresh := now.Unix()-31*day, now.Unix()-29*day
	for what, c := range map[string]struct {
		e     event.Event
		relay string
		want  bool
	}{
		"an old reaction":           {other.Sign(old, 7, nil, ""), "", true},
		"an old event of the range": {other.Sign(old, 1999, nil, ""), "", true},
		"beside the range":          {other.Sign(old, 2000, nil, ""), "", false},
		"a young reaction":          {other.Sign(fresh, 7, nil, ""), "", false},
		"of the author":             {key.Sign(fresh, 40, nil, ""), "wss://a.example.com", true},
		"on the relay":              {other.Sign(fresh, 1, nil, ""), "wss://spam.example.com", true},
		"on another relay":          {other.Sign(fresh, 1, nil, ""), "wss://a.example.com", false},
		"on no relay":               {other.Sign(fresh, 1, nil, ""), "", false},
		"another kind on the relay": {other.Sign(fresh, 2, nil, ""), "wss://spam.example.com", false},
		"a deletion":                {key.Sign(old, 5, nil, ""), "", false},
		"a request to vanish":       {key.Sign(old, 62, nil, ""), "", false},
	} {
		if got := rules.Match(&c.e, c.relay, now); got != c.want {
			t.Errorf("%s: got %v, want %v", what, got, c.want)
		}
	}
}

func TestRulesAreReadStrictly(t *testing.T) {
	for _, text := range []string{"rules: [{}]", "rules: [{name: x}]", "rules: [{kind: [1]}]", "rules: [{kinds: [65536]}]", "rules: [{kinds: [9-1]}]",
		"rules: [{kinds: [-1]}]", "rules: [{authors: [abc]}]", "rules: [{relays: ['not a relay']}]", "rules: [{older_than: 90}]",
		"rules: [{older_than: -1h}]", "rules: [{older_than: 0d}]", "rules: [{older_than: 99999d}]", "rule: []", "rules: [{kinds: [1], kinds: [2]}]", "x"} {
		if _, err := retention.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "RETENTION_RULES") {
			t.Errorf("%s: got %v, want an error that names RETENTION_RULES", text, err)
		}
	}
	if rules, err := retention.Parse(nil); err != nil || len(rules) != 0 {
		t.Errorf("an empty file: got %v, %v, want no rules", rules, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("rules:\n  - {name: a, kinds: [1, 3-4], older_than: 90d}\n"))
	f.Add([]byte("rules: [{relays: [wss://a.example.com]}, {authors: [npub1]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := retention.Parse(text)
		if err != nil {
			return
		}
		for _, r := range rules {
			if len(r.Kinds)+len(r.Authors)+len(r.Relays) == 0 && r.OlderThan == 0 {
				t.Fatalf("%q: got a rule that matches everything", text)
			}
		}
	})
}
