package document

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPatchMakesTheLaterVersion(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{`{"name":"a"}`, `{"name":"a"}`, `[]`},
		{`{"name":"a","version":"1"}`, `{"version":"1", "name":"a"}`, `[]`},
		{`{"name":"a"}`, `{"name":"b","icon":null}`, `[{"value":null,"op":"add","path":"/icon"},{"value":"b","op":"replace","path":"/name"}]`},
		{`{"a/b":1,"m~n":2}`, `{"a/b":2}`, `[{"value":2,"op":"replace","path":"/a~1b"},{"op":"remove","path":"/m~0n"}]`},
		{`{"supported_nips":[1,2]}`, `{"supported_nips":[1,11111111111111111111111111]}`, `[{"value":11111111111111111111111111,"op":"replace","path":"/supported_nips/1"}]`},
		{`{"supported_nips":[1,2,11]}`, `{"supported_nips":[1,2,11,77]}`, `[{"value":77,"op":"add","path":"/supported_nips/-"}]`},
		{`{"name":"\u0000"}`, `{"name":"<b>"}`, `[{"value":"\u003cb\u003e","op":"replace","path":"/name"}]`},
	} {
		got, err := Patch([]byte(c.before), []byte(c.after))
		if err != nil || string(got) != c.want {
			t.Errorf("%s → %s: got %s, %v, want %s", c.before, c.after, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "<html>", `{"a":1} {"b":2}`, `{"a":`, strings.Repeat("[", 20000)} {
		if got, err := Patch([]byte(`{}`), []byte(bad)); err == nil {
			t.Errorf("%.20q: got %s, want an error", bad, got)
		}
		if got, err := Patch([]byte(bad), []byte(`{}`)); err == nil {
			t.Errorf("from %.20q: got %s, want an error", bad, got)
		}
	}
}

func FuzzPatch(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`), []byte(`{"a":[{"b":2}],"c":"\ud800"}`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		got, err := Patch(before, after)
		if (err == nil) != (json.Valid(before) && json.Valid(after)) {
			t.Fatalf("got %v for two documents of which %v and %v are JSON", err, json.Valid(before), json.Valid(after))
		}
		if err == nil && !json.Valid(got) {
			t.Errorf("got %s, want JSON", got)
		}
		if same, err := Patch(after, after); err == nil && string(same) != "[]" {
			t.Errorf("got %s for a document and itself, want []", same)
		}
	})
}
