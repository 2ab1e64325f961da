package event

import (
	"encoding/json"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	good := testKey.Sign(1, 1, [][]string{{"e", "a"}}, "x")
	long := make([]byte, MaxBytes+1)
	controls := make([]byte, 100_000)
	controls[0], controls[len(controls)-1] = '"', '"'
	cases := []struct {
		name          string
		at            int64
		tags, content string
		want          Reason
	}{
		{"good", 1, `[["e","a"]]`, `"x"`, "ok"},
		{"another content", 1, `[["e","a"]]`, `"y"`, IDMismatch},
		{"another second", 2, `[["e","a"]]`, `"x"`, IDMismatch},
		{"white space", 1, `[["e", "a"]]`, `"x"`, BadShape},
		{"space before", 1, ` [["e","a"]]`, `"x"`, BadShape},
		{"trailing", 1, `[["e","a"]]`, `"x"x`, BadJSON},
		{"no string", 1, `[["e","a"]]`, `x`, BadShape},
		{"moved comma", 1, `[["e","a"]],"x"`, ``, BadJSON},
		{"empty", 1, ``, ``, BadShape},
		{"negative", -1, `[["e","a"]]`, `"x"`, BadNumber},
		{"bad UTF-8", 1, `[["e","a"]]`, "\"\xff\"", BadUTF8},
		{"raw newline", 1, `[["e","a"]]`, "\"\n\"", BadJSON},
		{"raw control beside an escape", 1, `[["\u0041"]]`, "\"\x01\"", BadShape},
		{"too large", 1, string(long), `"x"`, TooLarge},
	}
	for _, c := range cases {
		_, err := New(good.ID, good.PubKey, good.Sig, c.at, 1, []byte(c.tags), []byte(c.content))
		if got := reasonOf(err); got != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	big := testKey.Sign(1, 1, nil, string(controls[1:len(controls)-1]))
	if _, err := New(big.ID, big.PubKey, big.Sig, 1, 1, big.Tags, big.Content); reasonOf(err) != TooLarge {
		t.Errorf("got %v for controls that outgrow the bound as JSON, want %s", err, TooLarge)
	}
}

func TestText(t *testing.T) {
	cases := []struct {
		tags, content         string
		wantTags, wantContent string
		exact                 bool
	}{
		{`[["e","a"],[]]`, `"a\n\"\\/ 😀"`, `[["e","a"],[]]`, "a\n\"\\/ 😀", true},
		{"[[\"\x01\x7f\"]]", "\"\x01\x7f\"", "[[\"\\u0001\x7f\"]]", "\x01\x7f", true},
		{`[["a"]]`, "\"a\x00b\"", `[["a"]]`, "a\ufffdb", false},
		{"[[\"a\x00b\"]]", `""`, "[[\"a\ufffdb\"]]", "", false},
		{`[["a\u0000\ud800b"]]`, `"x"`, "[[\"a\ufffd\ufffdb\"]]", "x", false},
		{`[["a"]]`, `"\u0001"`, `[["a"]]`, "\x01", false},
		{`[["a"]]`, `"\/"`, `[["a"]]`, "/", false},
		{`[["a"]]`, `"\\u0000"`, `[["a"]]`, `\u0000`, true},
		{`[["\\u0000"]]`, `""`, `[["\\u0000"]]`, ``, true},
		{`[["a"]]`, "\"\ufffd\"", `[["a"]]`, "\ufffd", true},
	}
	for _, c := range cases {
		e := Event{Tags: []byte(c.tags), Content: []byte(c.content)}
		tags, content, exact := e.Text()
		if tags != c.wantTags || content != c.wantContent || exact != c.exact {
			t.Errorf("%q %q: got %q %q %v, want %q %q %v", c.tags, c.content, tags, content, exact, c.wantTags, c.wantContent, c.exact)
		}
		checkRow(t, e)
	}
}

func TestParseRawRefuses(t *testing.T) {
	for _, raw := range []string{``, `[]`, `[[],""`, `[[],""]x`, `[[""],""]`, `[[],"",""]`, `[[],1]`, "[[],\"\n\"]"} {
		if _, _, err := ParseRaw([]byte(raw)); err == nil {
			t.Errorf("%s: got texts, want an error", raw)
		}
	}
}

func TestZeroEventWritesJSON(t *testing.T) {
	var e Event
	text := e.AppendJSON(nil)
	if !json.Valid(text) {
		t.Errorf("got %s, want JSON", text)
	}
	if _, err := Parse(text); reasonOf(err) != IDMismatch {
		t.Errorf("got %v, want a shape that holds and an id that does not", err)
	}
}
