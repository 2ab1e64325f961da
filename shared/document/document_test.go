package document

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// hostile is text that breaks something somewhere: jsonb, pages, terminals.
const hostile = "a\x00b\x1b[31m\u202e<script>&\"'\\u0000\\\r\n\u2028"

// fill sets every text in a value to s.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != reflect.TypeFor[netip.Addr]() && v.Type() != reflect.TypeFor[netip.Prefix]() {
				fill(v.Field(i), s)
			}
		}
	}
}

// all has one of each document.
func all() []any {
	return []any{&Reading{}, &Writing{}, &Login{}, &InfoAnswer{}, &Headers{}, &Certificate{}, &NameRecords{}, &Place{}, &Networks{}, &Abilities{}}
}

func TestNoTextBreaksADocument(t *testing.T) {
	for _, value := range all() {
		fill(reflect.ValueOf(value).Elem(), hostile)
		body, err := Encode(value)
		if err != nil || !json.Valid(body) {
			t.Fatalf("Encode(%T) got %q and %v", value, body, err)
		}
		for _, never := range []string{"\x00", "\x1b", `\u0000`, `\u001b`, `\n`, "<", "&", "\xff"} {
			if strings.Contains(strings.ReplaceAll(string(body), `\\`, ""), never) {
				t.Errorf("Encode(%T) let %q through: %s", value, never, body)
			}
		}
		back := reflect.New(reflect.TypeOf(value).Elem())
		if err := json.Unmarshal(body, back.Interface()); err != nil {
			t.Errorf("decode %T: %v", value, err)
		}
		again, err := Encode(back.Interface())
		if err != nil || string(again) != string(body) {
			t.Errorf("Encode(%T) after a round trip got %s and %v, want %s", value, again, err, body)
		}
	}
}

func TestEscapesThatStay(t *testing.T) {
	body, err := Encode(Headers{Server: `back\u0000slash "quoted" \n ü <b>`})
	if want := `{"server":"back\\u0000slash \"quoted\" \\n ü \u003cb\u003e"}`; err != nil || string(body) != want {
		t.Errorf("Encode got %s and %v, want %s", body, err, want)
	}
	got, err := Decode[Headers](body)
	if err != nil || got.Server != `back\u0000slash "quoted" \n ü <b>` {
		t.Errorf("Decode got %+v and %v", got, err)
	}
}

func TestBoundsOfDocuments(t *testing.T) {
	if _, err := Encode(Headers{Server: strings.Repeat("x", Max)}); err == nil {
		t.Error("Encode took a document over its bound")
	}
	if _, err := Decode[Headers]([]byte(`{"server":"` + strings.Repeat("x", Max) + `"}`)); err == nil {
		t.Error("Decode took a document over its bound")
	}
	if _, err := Decode[Headers]([]byte(`[]`)); err == nil {
		t.Error("Decode took a list for headers")
	}
	most := strings.Repeat("<", 4096) // six bytes each in JSON
	list := `["` + strings.Repeat(most+`","`, 99) + `"]`
	raw := `{"tags":` + list + `,"language_tags":` + list + `,"relay_countries":` + list
	for _, name := range strings.Fields("name description software version pubkey self contact icon banner terms_of_service payments_url") {
		raw += `,"` + name + `":"` + most + `"`
	}
	info, ok := relay.ParseInfo([]byte(raw + "}"))
	body, err := Encode(InfoAnswer{Claims: &info.Claims})
	if !ok || err != nil || len(body) < Max/4 {
		t.Errorf("Encode of the longest claims got %d bytes and %v, want them taken", len(body), err)
	}
}

func TestCompare(t *testing.T) {
	a := Abilities{Count: Works, Search: Refused, Hints: Unknown, Negentropy: Works}
	a.Compare([]int{1, 11, 50, 67, 77})
	if !slices.Equal(a.Unclaimed, []int{45}) || !slices.Equal(a.Disproved, []int{50}) {
		t.Errorf("Compare got disproved %v and unclaimed %v, want 50 and 45", a.Disproved, a.Unclaimed)
	}
	a = Abilities{Count: Silent, Search: Wrong, Hints: Works, Negentropy: Silent}
	a.Compare([]int{45, 50, 77})
	if !slices.Equal(a.Disproved, []int{45, 50, 77}) || !slices.Equal(a.Unclaimed, []int{67}) {
		t.Errorf("Compare got disproved %v and unclaimed %v, want 45, 50, 77 and 67", a.Disproved, a.Unclaimed)
	}
}

func TestGeohashes(t *testing.T) {
	got := Place{Geohash: "u33db"}.Geohashes()
	if want := []string{"u", "u3", "u33", "u33d", "u33db"}; !slices.Equal(got, want) {
		t.Errorf("Geohashes got %v, want %v", got, want)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add(hostile)
	f.Add(`\u0000 \\u0000 \`)
	f.Fuzz(func(t *testing.T, s string) {
		for _, value := range all() {
			fill(reflect.ValueOf(value).Elem(), relay.Tidy(s, 256))
			body, err := Encode(value)
			if err != nil || !json.Valid(body) || len(body) > Max {
				t.Fatalf("Encode(%T) of %q got %q and %v", value, s, body, err)
			}
		}
	})
}
