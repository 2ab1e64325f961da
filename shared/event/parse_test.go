package event

import (
	"strings"
	"testing"
	"time"
)

func TestParseFindsTheSignedForm(t *testing.T) {
	cases := []struct {
		name string
		made made
		want Reason
	}{
		{"plain", made{hashedTags: `[["e","a"]]`, hashedContent: `"hi ä 😀 <&> / "`}, "ok"},
		{"named escapes", made{hashedContent: `"\n\"\\\r\t\b\f"`}, "ok"},
		{"letter: raw NUL", made{hashedContent: "\"a\x00b\"", sentContent: `"a\u0000b"`}, "ok"},
		{"letter: raw controls in a tag", made{hashedTags: "[[\"\x01\",\"\x1f\"]]", sentTags: `[["\u0001","\u001F"]]`}, "ok"},
		{"letter: sent with needless escapes", made{hashedContent: `"A/😀"`, sentContent: `"\u0041\/\ud83d\uDE00"`}, "ok"},
		{"letter: slash sent escaped", made{hashedContent: `"/"`, sentContent: `"\/"`}, "ok"},
		{"letter: named escape sent in hex", made{hashedContent: `"\n"`, sentContent: `"\u000a"`}, "ok"},
		{"letter: white space in tags", made{hashedTags: `[["e","a b"],[]]`, sentTags: "[ [\t\"e\" ,\"a b\"]\n,[ ] ]"}, "ok"},
		{"letter: raw DEL", made{hashedContent: "\"\x7f\""}, "ok"},
		{"letter: DEL sent escaped", made{hashedContent: "\"\x7f\"", sentContent: `"\u007F"`}, "ok"},
		{"wire: control escape", made{hashedContent: `"a\u0000b"`}, "ok"},
		{"wire: upper-case hex", made{hashedContent: `"\u001F"`}, "ok"},
		{"wire: slash", made{hashedContent: `"\/"`}, "ok"},
		{"wire: lone surrogate", made{hashedContent: `"\uD800"`}, "ok"},
		{"wire: white space in tags", made{hashedTags: `[["\u0001"]]`, sentTags: `[ [ "\u0001" ] ]`}, "ok"},
		{"stringify: sent otherwise", made{hashedContent: `"\u001f/"`, sentContent: `"\u001F\/"`}, "ok"},
		{"stringify: lone surrogates", made{hashedContent: `"\ud800\ude00a\udbff"`[:7] + `x"`, sentContent: `"\uD800\u0078"`}, "ok"},
		{"strfry: raw DEL", made{hashedContent: `"\u007f"`, sentContent: "\"\x7f\""}, "ok"},
		{"strfry: DEL and a control", made{hashedContent: `"\u007f\u0001"`, sentContent: `"\u007F\u0001"`}, "ok"},
		{"lossy lone surrogate", made{hashedContent: `"x` + "\ufffd" + `y"`, sentContent: `"x\ud800y"`}, IDMismatch},
		{"content differs", made{hashedContent: `"a"`, sentContent: `"b"`}, IDMismatch},
		{"control dropped", made{hashedContent: `"ab"`, sentContent: `"a\u0000b"`}, IDMismatch},
		{"html escapes hashed, plain sent", made{hashedContent: `"\u003c"`, sentContent: `"<"`}, IDMismatch},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := Parse([]byte(c.made.json()))
			if got := reasonOf(err); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
			if err != nil {
				return
			}
			tags, content := or(c.made.hashedTags, `[]`), or(c.made.hashedContent, `""`)
			if string(e.Tags) != tags || string(e.Content) != content {
				t.Errorf("got %q %q, want the hashed %q %q", e.Tags, e.Content, tags, content)
			}
			checkEvent(t, e)
		})
	}
}

func TestParseAccepts(t *testing.T) {
	cases := map[string]made{
		"kind 65535":             {kind: "65535"},
		"created_at zero":        {createdAt: "0"},
		"created_at largest":     {createdAt: "9223372036854775807"},
		"created_at in ms":       {createdAt: "1700000000000"},
		"empty tag":              {hashedTags: `[[]]`},
		"empty strings":          {hashedTags: `[[""],["",""],["e",""],["e"]]`},
		"ten thousand tags":      {hashedTags: "[" + strings.Repeat(`["p","0"],`, 9_999) + `["p"]]`},
		"unknown members":        {extra: `"x":[1,-0.5e+3,{"a":[],"b":{}},true,false,null,"\ud800"],"":0,`},
		"unknown member twice":   {extra: `"x":1,"x":{"id":"","id":2},`},
		"nested 10,000 deep":     {extra: `"z":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `,`},
		"name of another case":   {extra: `"ID":"x","Kind":-1,`},
		"long content":           {hashedContent: `"` + strings.Repeat("a", 500<<10) + `"`},
		"replacement character":  {hashedContent: "\"\ufffd\""},
		"byte order mark inside": {hashedContent: "\"\ufeff\""},
	}
	for name, m := range cases {
		t.Run(name, func(t *testing.T) {
			e, err := Parse([]byte(m.json()))
			if err != nil {
				t.Fatalf("got %v, want an event", err)
			}
			checkEvent(t, e)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range refused {
		if _, err := Parse([]byte(c.raw)); reasonOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	for _, c := range refusedChanges {
		if _, err := Parse([]byte(strings.Replace(good, c.old, c.new, 1))); reasonOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// Hostile shapes must cost no more than reading them: none may take the time or the stack of what it pretends to hold. The
// bound is wide, for the race detector and busy machines; anything quadratic takes minutes.
func TestParseIsQuickOnHostileShapes(t *testing.T) {
	deep := strings.Repeat("[", 8<<20)
	for name, raw := range map[string]string{
		"two million tags":  `{"tags":[` + strings.Repeat("[],", 2<<20),
		"tags at the bound": `{"tags":[` + strings.Repeat("[],", MaxBytes/3-10),
		"deep":              `{"x":` + deep,
		"deep at the bound": `{"x":` + deep[:MaxBytes-10],
		"many members":      `{` + strings.Repeat(`"x":1,`, MaxBytes/6-10),
		"one long escape":   `{"x":"` + strings.Repeat(`\\`, MaxBytes/2-10),
	} {
		start := time.Now()
		if _, err := Parse([]byte(raw)); err == nil {
			t.Errorf("%s: got an event, want an error", name)
		}
		ScanID([]byte(raw))
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %v, want far less", name, took)
		}
	}
}

func TestParseDoesNotAlias(t *testing.T) {
	raw := []byte(made{hashedTags: `[["e","a"]]`, hashedContent: `"text"`}.json())
	e, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	clear(raw)
	if !e.CheckID() || string(e.Content) != `"text"` {
		t.Errorf("got %q after the input was overwritten, want the event unchanged", e.Content)
	}
}

func TestScanID(t *testing.T) {
	want := strings.Repeat("ab", 32)
	cases := []struct {
		raw string
		ok  bool
	}{
		{`{"id":"` + want + `"`, true},
		{` { "kind" : 1 , "id" : "` + want + `" , `, true},
		{`{"tags":[["id","` + strings.Repeat("cd", 32) + `"]],"x":{"id":"0"},"content":"\"id\":\"","id":"` + want + `"}`, true},
		{`{"\u0069d":"` + want + `"}`, true},
		{`{"x":{"id":"` + want + `"}}`, false},
		{`[{"id":"` + want + `"}]`, false},
		{`{"id":"` + strings.ToUpper(want) + `"}`, false},
		{`{"id":"` + want + `0"}`, false},
		{`{"id":1}`, false},
		{`{}`, false},
		{``, false},
	}
	for _, c := range cases {
		id, ok := ScanID([]byte(c.raw))
		if ok != c.ok || (ok && id.String() != want) {
			t.Errorf("%s: got %v %v, want %v", c.raw, id, ok, c.ok)
		}
	}
}
