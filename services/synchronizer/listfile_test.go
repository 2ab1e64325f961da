package synchronizer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	fiatjafHex  = "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"
	fiatjafNpub = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"
	someNsec    = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
)

func TestShippedListsAreTheDefaults(t *testing.T) {
	for name, shipped := range map[string][]byte{"sync_filters.yaml": shippedFilters, "sync_overrides.yaml": shippedOverrides} {
		deployed, err := os.ReadFile("../../deploy/config/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(deployed, shipped) {
			t.Errorf("%s differs from deploy/config/%s; copy that one here", name, name)
		}
	}
	for _, setting := range []string{"", listShipped} {
		l, err := readLists(Config{Filters: setting, Overrides: setting})
		if err != nil {
			t.Fatal(err)
		}
		minute, half := time.Minute, 30*time.Minute
		want := lists{
			filters:   []event.Filter{{}},
			overrides: map[relay.URL]override{"wss://relay.damus.io": {requestTimeout: &minute, quantum: &half}},
		}
		if !reflect.DeepEqual(l, want) {
			t.Errorf("%q: got %+v, want %+v", setting, l, want)
		}
	}
}

func TestExamplesInCommentsAreRight(t *testing.T) {
	_, example, found := strings.Cut(string(shippedFilters), "# Another example:\n#\n")
	example, _, end := strings.Cut(example, "\n\n")
	if !found || !end {
		t.Fatal("got no example in the comments, want one")
	}
	text := strings.ReplaceAll(strings.TrimPrefix(example, "#"), "\n#", "\n")
	filters, err := parseFilters("example", []byte(text))
	if got := canonical(filters); err != nil || got != `{"kinds":[0,3,10002]} {"#t":["bitcoin","nostr"],"kinds":[1]}` {
		t.Errorf("got %s, %v, want the two filters", got, err)
	}
}

func canonical(filters []event.Filter) string {
	var all []string
	for _, f := range filters {
		all = append(all, f.Canonical())
	}
	return strings.Join(all, " ")
}

func TestFilters(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"filters:\n  - {}\n", `{}`},
		{"filters: [{kinds: [2, 1, 1]}, {kinds: [3]}]", `{"kinds":[1,2]} {"kinds":[3]}`},
		{"filters:\n  - authors: [" + fiatjafNpub + "]\n", `{"authors":["` + fiatjafHex + `"]}`},
		{"filters:\n  - ids: [" + fiatjafHex + "]\n", `{"ids":["` + fiatjafHex + `"]}`},
		{"filters:\n  - \"#p\": [" + fiatjafNpub + "]\n    '#t': [nostr, 2024, true]\n", `{"#p":["` + fiatjafHex + `"],"#t":["2024","nostr","true"]}`},
		{"filters:\n  - kinds: [1] # notes: all of them\n", `{"kinds":[1]}`},
	} {
		filters, err := parseFilters("f", []byte(c.text))
		if got := canonical(filters); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
		}
	}
}

// wrongFile is a list file with mistakes and what is told of them.
type wrongFile struct {
	name, text string
	want       []string
}

func (c wrongFile) check(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: got no error, want %q", c.name, c.want)
		return
	}
	for _, want := range c.want {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, want %q in it", c.name, err, want)
		}
	}
	if !strings.Contains(err.Error(), "F (x.yaml)") || strings.Contains(err.Error(), someNsec) {
		t.Errorf("%s: got %q, want the file's name and no secret", c.name, err)
	}
}

func TestWrongFilters(t *testing.T) {
	many := make([]string, maxFilters+1)
	for i := range many {
		many[i] = fmt.Sprintf("{kinds: [%d]}", i)
	}
	for _, c := range []wrongFile{
		{"empty file", "", []string{"got no filter, want 1..16"}},
		{"no filter", "filters: []\n", []string{"line 1: filters: got 0 values, want 1..16"}},
		{"no list", "filters: {}\n", []string{"line 1: filters: got a record, want a list"}},
		{"nothing", "filters:\n", []string{"line 1: filters: got nothing, want a list"}},
		{"list at the top", "- {}\n", []string{"line 1: got a list, want a record"}},
		{"unknown key at the top", "filters: [{}]\nfilter: 1\n", []string{`line 2: "filter": unknown key; remove it`}},
		{"unknown key", "filters:\n  - {}\n  - kind: [1]\n", []string{`line 3: filter 2: "kind": unknown key; remove it`}},
		{"same key", "filters:\n  - kinds: [1]\n    kinds: [2]\n", []string{`line 3: filter 1: "kinds": the key is on line 2, too; remove one`}},
		{"key that is no word", "filters:\n  - [a]: 1\n", []string{"line 2: filter 1: key: got a list, want a word"}},
		{"null", "filters:\n  -\n", []string{"line 2: filter 1: got nothing, want a record"}},
		{"since", "filters:\n  - since: 5\n", []string{"line 2: filter 1: since: remove it: walks choose it", "SYNC_START"}},
		{"until", "filters:\n  - until: 5\n", []string{"filter 1: until: remove it: walks choose it"}},
		{"limit", "filters:\n  - limit: 5\n", []string{"filter 1: limit: remove it: walks choose it", "SYNC_PAGE_LIMIT"}},
		{"search", "filters:\n  - search: cats\n", []string{"filter 1: search: remove it: relays rank", "NIP-50"}},
		{"empty list", "filters:\n  - kinds: []\n", []string{"line 2: filter 1: kinds: got 0 values, want 1..5000"}},
		{"kind", "filters:\n  - kinds: [1, 65536, x, -1, 1.5]\n", []string{`kinds: 2: got "65536", want a whole number, 0..65535`, `kinds: 3: got "x"`, `kinds: 4: got "-1"`, `kinds: 5: got "1.5"`}},
		{"kind alone", "filters:\n  - kinds: 1\n", []string{`line 2: filter 1: kinds: got "1", want a list`}},
		{"secret as author", "filters:\n  - authors:\n      - " + someNsec + "\n", []string{"line 3: filter 1: authors: 1: it is something else, want 64 lower-case hex digits, npub1"}},
		{"upper case", "filters:\n  - ids: [" + strings.ToUpper(fiatjafHex) + "]\n", []string{"filter 1: ids: 1:", "note1"}},
		{"author as id", "filters:\n  - ids: [" + fiatjafNpub + "]\n", []string{"filter 1: ids: 1:"}},
		{"damaged", "filters:\n  - authors: [" + fiatjafNpub[:62] + "7]\n", []string{"filter 1: authors: 1:"}},
		{"tag of ids", "filters:\n  - '#e': [x]\n", []string{"filter 1: #e: 1:"}},
		{"tag of authors", "filters:\n  - '#p': [x]\n", []string{"filter 1: #p: 1:"}},
		{"long tag", "filters:\n  - '#tt': [x]\n", []string{`"#tt": unknown key`}},
		{"long value", "filters:\n  - '#t': [" + strings.Repeat("a", maxTagValue+1) + "]\n", []string{"#t: 1: got 1025 bytes, want at most 1024"}},
		{"null value", "filters:\n  - '#t': [~]\n", []string{"#t: 1: got nothing, want a value"}},
		{"tag without quotes", "filters:\n  - kinds: [1]\n    #t: [nostr]\n", []string{`line 3: #t: without quotes it is a comment; write "#t"`}},
		{"tag without quotes first", "filters:\n  - #t: [nostr]\n    kinds: [1]\n", []string{`line 2: #t: without quotes`}},
		{"tag without quotes behind", "filters:\n  - kinds: [1] #t: [nostr]\n", []string{`line 2: #t: without quotes`}},
		{"twice", "filters:\n  - kinds: [1, 2]\n  - {}\n  - kinds: [2, 1, 1]\n", []string{"line 4: filter 3: it selects the same as filter 1; remove one"}},
		{"too many", "filters: [" + strings.Join(many, ",") + "]", []string{"got 17 values, want 1..16"}},
		{"alias", "filters:\n  - &a {kinds: [1]}\n  - *a\n", []string{"line 3: filter 2: got an alias, want a record"}},
		{"merge", "filters:\n  - &a {kinds: [1]}\n  - <<: *a\n", []string{`line 3: filter 2: "<<": unknown key`}},
		{"two documents", "filters: [{}]\n---\nfilters: [{}]\n", []string{"want one document"}},
		{"no YAML", "filters: [\n", []string{"decode F (x.yaml): yaml: line"}},
		{"all at once", "filters:\n  - limit: 1\n  - kinds: [x]\n  - authors: [y]\nother: 1\n", []string{"line 2", "line 3", "line 4", "line 5"}},
		{"more than is told", "filters:\n  - kinds: [" + strings.Repeat("x, ", maxTold+3) + "]\n", []string{"3 more mistakes"}},
	} {
		_, err := parseFilters("F (x.yaml)", []byte(c.text))
		c.check(t, err)
	}
}

func TestFiltersAreNoLongerThanRelaysTake(t *testing.T) {
	same := "filters:\n  - '#t': [" + strings.Repeat(strings.Repeat("a", 1000)+", ", 70) + "b]\n"
	if _, err := parseFilters("f", []byte(same)); err != nil {
		t.Errorf("the same value many times: got %v, want it to count once", err)
	}
	var long strings.Builder
	for i := range 70 {
		fmt.Fprintf(&long, "    - %s%03d\n", strings.Repeat("a", 1000), i)
	}
	_, err := parseFilters("F (x.yaml)", []byte("filters:\n  - '#t':\n"+long.String()))
	wrongFile{"too long", "", []string{"line 2: filter 1: got 7", "bytes of JSON, want at most 65536; divide it"}}.check(t, err)
}

func TestOverrides(t *testing.T) {
	text := `overrides:
  - relay: WSS://Relay.Example.com:443/
    request_timeout: 5s
    quantum: 4h
    interval: 1m
    max_requests: 0.5
    max_bytes_per_day: 10GiB
    page_limit: 5000
    start: 2023-01-01T00:00:00Z
    filters: [{kinds: [1]}, {}]
    auth: true
    live: false
    priority: high
  - {relay: "ws://127.0.0.1:7777", start: 1600000000, auth: false, live: true, priority: low}
  - relay: ws://` + strings.Repeat("a", 56) + `.onion
`
	got, err := parseOverrides("o", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	start, early := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1600000000, 0)
	want := map[relay.URL]override{
		"wss://relay.example.com": {
			requestTimeout: new(5 * time.Second), quantum: new(4 * time.Hour), interval: new(time.Minute),
			maxRequests: new(0.5), maxBytesPerDay: new(app.Size(10 << 30)), pageLimit: new(5000), start: &start,
			filters: []event.Filter{{Kinds: []uint16{1}}, {}}, auth: true, live: new(false), priority: priorityHigh,
		},
		"ws://127.0.0.1:7777": {start: &early, live: new(true), priority: priorityLow},
		relay.URL("ws://" + strings.Repeat("a", 56) + ".onion"): {},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, text := range []string{"", "# nothing\n", "overrides: []\n"} {
		if got, err := parseOverrides("o", []byte(text)); err != nil || len(got) != 0 {
			t.Errorf("%q: got %v, %v, want none", text, got, err)
		}
	}
}

func TestWrongOverrides(t *testing.T) {
	member := func(line string) string { return "overrides:\n  - relay: wss://a.example.com\n    " + line + "\n" }
	for _, c := range []wrongFile{
		{"nothing", "overrides:\n", []string{"line 1: overrides: got nothing, want a list of 0..10000 values"}},
		{"no relay", "overrides:\n  - live: true\n", []string{"line 2: override 1: relay: it is missing; name the relay's URL"}},
		{"no URL", "overrides:\n  - relay: http//x\n", []string{`line 2: override 1: relay: got "http//x", want the URL of a relay, ws://… or wss://…: read relay URL: `}},
		{"null URL", "overrides:\n  - relay:\n", []string{"override 1: relay: got nothing, want a value"}},
		{"twice", "overrides:\n  - relay: wss://a.example.com\n  - relay: wss://A.example.com:443/\n", []string{`line 3: override 2: "wss://a.example.com" is named twice; join the two records`}},
		{"same key", member("live: true\n    live: true"), []string{`line 4: override 1: "live": the key is on line 3, too`}},
		{"unknown key", member("timeout: 5s"), []string{`line 3: override 1: "timeout": unknown key; remove it`}},
		{"short", member("request_timeout: 4s"), []string{`line 3: override 1: request_timeout: got "4s", want a duration of 5s..2m, such as 5s`}},
		{"no unit", member("request_timeout: 60"), []string{`request_timeout: got "60"`}},
		{"long", member("quantum: 5h"), []string{`quantum: got "5h", want a duration of 1m..4h`}},
		{"interval", member("interval: 8d"), []string{`interval: got "8d", want a duration of 1m..168h`}},
		{"rate", member("max_requests: -1"), []string{`max_requests: got "-1", want a number, 0..1000`}},
		{"no number", member("max_requests: .nan"), []string{`max_requests: got ".nan"`}},
		{"NaN", member("max_requests: NaN"), []string{`max_requests: got "NaN"`}},
		{"size", member("max_bytes_per_day: 2GB"), []string{`max_bytes_per_day: got "2GB", want a size of 1MiB..1TiB`}},
		{"page", member("page_limit: 0"), []string{`page_limit: got "0", want a whole number, 1..5000`}},
		{"start", member("start: yesterday"), []string{`start: got "yesterday", want unix seconds or RFC 3339`}},
		{"auth", member("auth: yes"), []string{`auth: got "yes", want true or false`}},
		{"live", member("live: [true]"), []string{"live: got a list, want a value"}},
		{"priority", member("priority: urgent"), []string{`priority: got "urgent", want one of high, low, normal`}},
		{"filter", member("filters: [{limit: 1}]"), []string{"line 3: override 1: filter 1: limit: remove it: walks choose it"}},
		{"no filter", member("filters: []"), []string{"line 3: override 1: filters: got 0 values, want 1..16"}},
		{"same filters", member("filters: [{}, {}]"), []string{"override 1: filter 2: it selects the same as filter 1"}},
		{"all at once", "overrides:\n  - relay: x\n    live: 1\n  - quantum: 1s\n", []string{"line 2", "line 3", "line 4: override 2: quantum", "line 4: override 2: relay: it is missing"}},
		{"many", "overrides:\n" + strings.Repeat("  - {}\n", maxOverrides+1), []string{"got 10001 values, want 0..10000"}},
	} {
		_, err := parseOverrides("F (x.yaml)", []byte(c.text))
		c.check(t, err)
	}
}

func TestListsComeFromTheFilesThatTheSettingsName(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "list.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	l, err := readLists(Config{Filters: write("filters: [{kinds: [1]}]"), Overrides: write("overrides: [{relay: a.example.com}]")})
	if _, named := l.overrides["wss://a.example.com"]; err != nil || canonical(l.filters) != `{"kinds":[1]}` || !named || len(l.overrides) != 1 {
		t.Errorf("got %+v, %v, want those of the files", l, err)
	}
	if l, err := readLists(Config{Overrides: listNone}); err != nil || len(l.overrides) != 0 {
		t.Errorf("none: got %+v, %v, want no override", l, err)
	}
	broken, large := write("filters: [{limit: 1}]"), write(strings.Repeat("#", maxListFile+1))
	for _, c := range []struct {
		cfg  Config
		want []string
	}{
		{Config{Filters: listNone, Overrides: "/nowhere.yaml"}, []string{"SYNC_FILTERS: got none", "read SYNC_OVERRIDES: open /nowhere.yaml"}},
		{Config{Filters: broken, Overrides: write("overrides: 1")}, []string{"SYNC_FILTERS (" + broken + ") line 1", "SYNC_OVERRIDES (", "line 1: overrides: got"}},
		{Config{Filters: large}, []string{"read SYNC_FILTERS: " + large + " is larger than"}},
		{Config{Overrides: write("overrides: [{relay: b.example.com, auth: true}, {relay: a.example.com, auth: true}]")},
			[]string{`"wss://a.example.com": auth is true, but there is no key; set SYNC_PRIVATE_KEY or remove auth`}},
		{Config{PrivateKey: app.NewSecret("hunter2"), Filters: broken}, []string{"SYNC_PRIVATE_KEY", "SYNC_FILTERS"}},
	} {
		err := c.cfg.Validate()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q and no secret", err, want)
			}
		}
	}
	with := Config{PrivateKey: app.NewSecret(someNsec), Overrides: write("overrides: [{relay: a.example.com, auth: true}]")}
	if err := with.Validate(); err != nil {
		t.Errorf("auth with a key: got %v, want no error", err)
	}
}

func FuzzFilters(f *testing.F) {
	f.Add([]byte(shippedFilters))
	f.Add([]byte("filters:\n  - kinds: [1]\n    \"#p\": [" + fiatjafNpub + "]\n    ids: [" + fiatjafHex + "]\n"))
	f.Add([]byte("filters: [&a {kinds: [1]}, *a, <<: *a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		filters, err := parseFilters("f", text)
		if err != nil {
			checkTold(t, err)
			return
		}
		checkFilters(t, filters)
	})
}

func FuzzOverrides(f *testing.F) {
	f.Add([]byte(shippedOverrides))
	f.Add([]byte("overrides: [{relay: a.example.com, max_requests: 1e3, start: 5, filters: [{}], priority: low, live: no}]"))
	f.Add([]byte("overrides:\n  - {relay: 'ws://[::1]:7', max_bytes_per_day: 1TiB, page_limit: 1, auth: true}\n  - *b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		overrides, err := parseOverrides("o", text)
		if err != nil {
			checkTold(t, err)
			return
		}
		for url, o := range overrides {
			if again, err := relay.Anywhere.Parse(string(url)); err != nil || again != url {
				t.Fatalf("got %s, want it canonical: %s, %v", url, again, err)
			}
			if o.filters != nil {
				checkFilters(t, o.filters)
			}
			if or(o.quantum, time.Hour) < time.Minute || or(o.pageLimit, 1) < 1 || !(or(o.maxRequests, 1) >= 0) {
				t.Fatalf("got %+v, want what is in the ranges", o)
			}
		}
	})
}

// checkTold asserts that a file cannot make us say much.
func checkTold(t *testing.T, err error) {
	t.Helper()
	if lines := strings.Count(err.Error(), "\n"); lines > maxTold+2 {
		t.Fatalf("got %d lines of errors, want at most %d", lines, maxTold+2)
	}
}

// checkFilters asserts what a walk relies on.
func checkFilters(t *testing.T, filters []event.Filter) {
	t.Helper()
	if len(filters) < 1 || len(filters) > maxFilters {
		t.Fatalf("got %d filters, want 1..%d", len(filters), maxFilters)
	}
	seen := map[string]bool{}
	for _, filter := range filters {
		identity := filter.Canonical()
		again, err := event.ParseFilter([]byte(identity))
		if err != nil || again.Canonical() != identity || len(identity) > maxFilter || seen[identity] {
			t.Fatalf("got %.200s, %v, want it to be read again, short and once", identity, err)
		}
		if filter.Since != nil || filter.Until != nil || filter.Limit != nil || filter.Search != "" {
			t.Fatalf("got %+v, want nothing that walks choose", filter)
		}
		seen[identity] = true
	}
}
