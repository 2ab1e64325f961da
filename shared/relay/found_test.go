package relay

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/nbd-wtf/go-nostr/nip19"
)

func TestParseFound(t *testing.T) {
	event := func(kind int, content string, tags ...[]string) string {
		b, _ := json.Marshal(map[string]any{"kind": kind, "content": content, "tags": tags, "id": "x"})
		return string(b)
	}
	for name, c := range map[string]struct{ body, want string }{
		"one URL":       {"wss://a.com", "wss://a.com"},
		"many lines":    {"\ufeff# list\r\nwss://a.com/ # mine\r\n\r\n  b.com\nhttp://c.com\n#d.com", "wss://a.com wss://b.com ws://c.com"},
		"JSON string":   {` "wss://a.com" `, "wss://a.com"},
		"JSON array":    {`["a.com", {"url":"wss://b.com","x":1}, 7, {"u":1}]`, "wss://a.com wss://b.com !shape !shape"},
		"pretty array":  {"[\n  \"wss://a.com\",\n  \"wss://b.com\"\n]", "wss://a.com wss://b.com"},
		"object":        {`{"url":"wss://a.com"}`, "wss://a.com"},
		"object, wrong": {`{"url":7}`, "!shape"},
		"JSONL":         {"{\"url\":\"wss://a.com\"}\n\"wss://b.com\"\nnot json\n{\"broken\nwss://c.com", "wss://a.com wss://b.com !character !host wss://c.com"},
		"kind 10002":    {event(10002, "", []string{"r", "a.com", "read"}, []string{"x", "b.com"}), "wss://a.com"},
		"kind 3": {event(3, `{"wss://a.com":{"read":true},"nope":1}`, []string{"p", "00", "wss://b.com"}),
			"wss://b.com wss://a.com !local"},
		"kind 2":         {event(2, "wss://a.com\n"), "wss://a.com"},
		"kind 30166":     {event(30166, "", []string{"d", "wss://a.com/"}), "wss://a.com"},
		"kind 30166 key": {event(30166, "", []string{"d", strings.Repeat("0a", 32)}), "!shape"},
		"kind 10050":     {event(10050, "", []string{"relay", "wss://a.com"}, []string{"relay", "x y"}), "wss://a.com !character"},
		"any tag":        {event(1, "", []string{"e", "00", "WSS://A.com", "root", "ws://b.com"}, []string{"wss://c.com"}), "wss://a.com ws://b.com wss://c.com"},
		"once per event": {event(1, "", []string{"e", "wss://a.com", "wss://a.com/"}), "wss://a.com"},
		"EVENT frame":    {`["EVENT","sub",` + event(10002, "", []string{"r", "wss://a.com"}) + `]`, "wss://a.com"},
		"odd event":      {`{"kind":"x","tags":[["r",1],7,["e","wss://a.com"]],"content":{}}`, "wss://a.com"},
		"run together":   {"wss://a.com/wss://b.comwss://c.com", "wss://a.com wss://b.com wss://c.com"},
		"separated":      {"wss://a.com, wss://b.com;https://wss://c.com", "wss://a.com wss://b.com wss://c.com"},
		"commas":         {"a.com,b.com", "wss://a.com wss://b.com"},
		"odd scheme":     {"wws://a.com\nwas://b.com\ngit+https://c.com", "!scheme !scheme !scheme"},
		"trailing comma": {"\"wss://a.com\",\n\"wss://b.com\",", "wss://a.com wss://b.com"},
		"nothing":        {" \n# x\n", ""},
		"encoded break":  {"wss://a.com/%0Awss://b.com", "wss://a.com wss://b.com"},
		"local":          {"ws://127.0.0.1\nwss://relay.local", "!local !local"},
	} {
		if got := verdicts(ParseFound([]byte(c.body))); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func verdicts(found []Found) string {
	var out []string
	for _, f := range found {
		if f.Err != nil {
			out = append(out, "!"+reasonOf(f.Err))
		} else {
			out = append(out, string(f.URL))
		}
	}
	return strings.Join(out, " ")
}

func TestFoundSaysWhatWasCut(t *testing.T) {
	got := ParseFound([]byte("wss://u@a.com\nwss://a.com/x?y\nwss://a.com"))
	if len(got) != 3 || !got[0].Cut || !got[1].Cut || got[2].Cut {
		t.Errorf("ParseFound got %+v, want Cut on the first two", got)
	}
	if long := ParseFound([]byte(strings.Repeat("\u00e9", 1000)))[0]; len(long.Line) > 210 {
		t.Errorf("line of a refused text got %d bytes, want about 200", len(long.Line))
	}
}

func TestFoundIsBounded(t *testing.T) {
	var many strings.Builder
	for i := range MaxFoundURLs + 5 {
		fmt.Fprintf(&many, "r%d.com\n", i)
	}
	got := ParseFound([]byte(many.String()))
	if len(got) != MaxFoundURLs+1 || reasonOf(got[MaxFoundURLs].Err) != ReasonTooMany {
		t.Errorf("too many lines: got %d, last %v", len(got), got[len(got)-1])
	}
	big := ParseFound([]byte("wss://a.com\n" + strings.Repeat("#\n", MaxFoundBody/2)))
	if verdicts(big) != "wss://a.com !too_long" {
		t.Errorf("too long a body: got %s", verdicts(big))
	}
	if got := verdicts(ParseFound([]byte(strings.Repeat("x", MaxFoundBody+1)))); got != "!too_long" {
		t.Errorf("too long a line: got %s", got)
	}
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	if got := verdicts(ParseFound([]byte(deep))); got != "!shape" {
		t.Errorf("deep nesting: got %s, want one refusal", got)
	}
}

func TestFoundInEntities(t *testing.T) {
	key := strings.Repeat("0a", 32)
	profile, err := nip19.EncodeProfile(key, []string{"wss://a.com", "wss://b.com"})
	if err != nil {
		t.Fatal(err)
	}
	note, _ := nip19.EncodeEvent(key, []string{"wss://c.com"}, "")
	addr, _ := nip19.EncodeEntity(key, 30023, "x", []string{"wss://d.com"})
	broken := profile[:len(profile)-1] + "q"
	content := fmt.Sprintf("see nostr:%s and %s, (nostr:%s) but not %s1 %s nevent1", profile, note, addr, broken, "1111nrelay1q")
	got := verdicts(Parser{}.eventURLs(1, nil, content))
	if want := "wss://a.com wss://b.com wss://c.com wss://d.com"; got != want {
		t.Errorf("entities: got %s, want %s", got, want)
	}
}

func TestFoundInRealEvents(t *testing.T) {
	lines := dataLines(t, "relays/relay_list_events.jsonl")
	found := ParseFound([]byte(strings.Join(lines, "\n")))
	good := 0
	for _, f := range found {
		if f.Err == nil {
			good++
		}
	}
	t.Logf("%d events: %d URLs, %d refused", len(lines), good, len(found)-good)
	if len(lines) > 0 && good < 200 {
		t.Errorf("real relay lists got %d URLs, want hundreds", good)
	}
}

func FuzzFound(f *testing.F) {
	for _, s := range []string{
		"wss://a.com\nb.com", `["wss://a.com",{"url":"b.com"}]`, `{"kind":3,"content":"{\"wss://a\":1","tags":[["r"]]}`, "[[[[[[",
		"{\"kind\":1,\"content\":\"nostr:nprofile1qqs\"}\n\"x\"", "wss://a/wss://,wss://", "\ufeff#\r\n", `["EVENT",{}]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, found := range ParseFound(body) {
			if (found.Err == nil) == (found.URL == "") || len(found.Line) > 3*maxFoundLine {
				t.Fatalf("ParseFound(%q) got %+v", body, found)
			}
			if again, _ := ParseURL(string(found.URL)); again != found.URL {
				t.Fatalf("ParseFound(%q) got %q, which is not canonical", body, found.URL)
			}
		}
	})
}
