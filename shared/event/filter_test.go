package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

var (
	hexA = strings.Repeat("a", 64)
	hexB = strings.Repeat("b", 64)
)

func TestParseFilter(t *testing.T) {
	full := `{"ids":["` + hexB + `","` + hexA + `"],"authors":["` + hexA + `"],"kinds":[1,0],"#e":["x","x"],"#T":["\u0001\"ä"],"since":0,"until":9223372036854775807,"limit":500,"search":"a b"}`
	cases := []struct {
		raw, again string
		want       Reason
	}{
		{`{}`, `{}`, "ok"},
		{` { "kinds" : [ 1 , 2 ] } `, `{"kinds":[1,2]}`, "ok"},
		{`{"ids":[],"kinds":[],"#e":[]}`, `{}`, "ok"},
		{full, strings.Replace(full, `"#e":["x","x"],"#T":["\u0001\"ä"]`, `"#T":["\u0001\"ä"],"#e":["x","x"]`, 1), "ok"},
		{`{"\u006bi\u006eds":[65535]}`, `{"kinds":[65535]}`, "ok"},
		{``, ``, BadShape},
		{`[]`, ``, BadShape},
		{`null`, ``, BadShape},
		{`{}{}`, ``, BadJSON},
		{`{"kinds":[1],}`, ``, BadJSON},
		{`{"kinds":1}`, ``, BadShape},
		{`{"kinds":[65536]}`, ``, BadNumber},
		{`{"kinds":[-1]}`, ``, BadNumber},
		{`{"kinds":["1"]}`, ``, BadShape},
		{`{"ids":["ab"]}`, ``, BadHex},
		{`{"authors":["` + strings.ToUpper(hexA) + `"]}`, ``, BadHex},
		{`{"since":-1}`, ``, BadNumber},
		{`{"until":1.5}`, ``, BadNumber},
		{`{"limit":2147483648}`, ``, BadNumber},
		{`{"limit":null}`, ``, BadShape},
		{`{"search":1}`, ``, BadShape},
		{`{"#ee":["x"]}`, ``, BadShape},
		{`{"#1":["x"]}`, ``, BadShape},
		{`{"#":["x"]}`, ``, BadShape},
		{`{"#e":[1]}`, ``, BadShape},
		{`{"nope":1}`, ``, BadShape},
		{`{"kinds":[1],"kinds":[1]}`, ``, BadShape},
		{"{\"search\":\"\xff\"}", ``, BadUTF8},
		{`{"#e":[` + strings.Repeat(`"",`, MaxFilterValues) + `""]}`, ``, TooLarge},
		{`{"search":"` + strings.Repeat("a", MaxFilterBytes) + `"}`, ``, TooLarge},
	}
	for _, c := range cases {
		f, err := ParseFilter([]byte(c.raw))
		if got := reasonOf(err); got != c.want {
			t.Errorf("%.200s: got %v, want %s", c.raw, err, c.want)
			continue
		}
		if err == nil {
			checkFilter(t, f, c.again)
		}
	}
}

// checkFilter asserts that a filter writes itself as text and reads itself back.
func checkFilter(t *testing.T, f Filter, text string) {
	t.Helper()
	b, err := f.MarshalJSON()
	if err != nil || (text != "" && string(b) != text) || !json.Valid(b) {
		t.Errorf("got %s %v, want %s", b, err, text)
	}
	again, err := ParseFilter(b)
	if err != nil {
		t.Errorf("read %s again: %v", b, err)
	}
	if b2, _ := again.MarshalJSON(); string(b2) != string(b) || again.Canonical() != f.Canonical() {
		t.Errorf("got %s after a round, want %s", b2, b)
	}
	canonical, err := ParseFilter([]byte(f.Canonical()))
	if err != nil || canonical.Canonical() != f.Canonical() {
		t.Errorf("%s is not its own canonical form: %v", f.Canonical(), err)
	}
}

func TestFilterCanonical(t *testing.T) {
	cases := map[string]string{
		`{}`:                              `{}`,
		`{"since":1,"until":2,"limit":3}`: `{}`,
		`{"kinds":[10,2,2,1]}`:            `{"kinds":[1,2,10]}`,
		`{"search":"x","kinds":[1],"#t":["b","a","b"],"#E":["x"],"ids":[]}`: `{"#E":["x"],"#t":["a","b"],"kinds":[1],"search":"x"}`,
		`{"ids":["` + hexB + `","` + hexA + `"],"authors":["` + hexB + `","` + hexA + `","` + hexB + `"]}`: `{"authors":["` +
			hexA + `","` + hexB + `"],"ids":["` + hexA + `","` + hexB + `"]}`,
	}
	for raw, want := range cases {
		f, err := ParseFilter([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		before := fmt.Sprint(f)
		if got := f.Canonical(); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
		if fmt.Sprint(f) != before {
			t.Errorf("%s: Canonical changed the filter", raw)
		}
	}
	zero := Filter{Kinds: []uint16{}, Tags: map[byte][]string{'e': {}}}
	if got := zero.Canonical(); got != "{}" {
		t.Errorf("got %s for empty lists, want {}", got)
	}
}

func TestFilterMatches(t *testing.T) {
	e := testKey.Sign(100, 7, [][]string{{"e", "one", "two"}, {"p", "x"}, {"long", "v"}, {"t"}, {"q", "a\nb"}}, "")
	id, author := e.ID.String(), e.PubKey.String()
	cases := map[string]bool{
		`{}`:                                       true,
		`{"ids":[],"authors":[],"kinds":[]}`:       true,
		`{"ids":["` + hexA + `","` + id + `"]}`:    true,
		`{"ids":["` + hexA + `"]}`:                 false,
		`{"authors":["` + author + `"]}`:           true,
		`{"authors":["` + hexA + `"]}`:             false,
		`{"kinds":[1,7]}`:                          true,
		`{"kinds":[1]}`:                            false,
		`{"since":100,"until":100}`:                true,
		`{"since":101}`:                            false,
		`{"until":99}`:                             false,
		`{"#e":["none","one"]}`:                    true,
		`{"#e":["two"]}`:                           false,
		`{"#E":["one"]}`:                           false,
		`{"#t":[""]}`:                              false,
		`{"#l":["v"]}`:                             false,
		`{"#q":["a\u000ab"]}`:                      true,
		`{"#e":["one"],"#p":["x"],"kinds":[7]}`:    true,
		`{"#e":["one"],"#p":["y"]}`:                false,
		`{"limit":0,"search":"nothing like this"}`: true,
	}
	for raw, want := range cases {
		f, err := ParseFilter([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Matches(&e); got != want {
			t.Errorf("%s: got %v, want %v", raw, got, want)
		}
	}
	empty := Filter{Kinds: []uint16{}, Tags: map[byte][]string{'z': {}}}
	if !empty.Matches(&e) {
		t.Error("got no match for empty lists, want them to mean nothing")
	}
}
