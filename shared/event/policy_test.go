package event

import (
	"fmt"
	"testing"
)

func TestExpiration(t *testing.T) {
	for _, c := range []struct {
		tags [][]string
		want int64 // -1 = none
	}{
		{nil, -1}, {[][]string{{"expiration", "17"}}, 17}, {[][]string{{"expiration", "17"}, {"expiration", "9"}}, 9},
		{[][]string{{"expiration"}, {"expiration", ""}, {"expiration", "-1"}, {"expiration", "+1"}, {"expiration", "1e3"}, {"expiration", "soon"}}, -1},
		{[][]string{{"expiration", "999999999999999999"}}, 999999999999999999}, {[][]string{{"expiration", "1000000000000000000"}}, -1},
		{[][]string{{"t", "expiration"}, {"Expiration", "1"}, {"\x00", "1"}}, -1},
	} {
		e := testKey.Sign(1, 1, c.tags, "")
		if got, ok := e.Expiration(); ok != (c.want >= 0) || ok && got != c.want {
			t.Errorf("%v: got %d, %v, want %d", c.tags, got, ok, c.want)
		}
	}
}

func TestProtected(t *testing.T) {
	for _, c := range []struct {
		tags [][]string
		want bool
	}{{[][]string{{"-"}}, true}, {[][]string{{"t", "-"}}, false}, {[][]string{{}, {"e", "x"}, {"-", "more"}}, true}, {[][]string{{"--"}}, false}} {
		e := testKey.Sign(1, 1, c.tags, "")
		if got := e.Protected(); got != c.want {
			t.Errorf("%v: got %v, want %v", c.tags, got, c.want)
		}
	}
	escaped := Event{Tags: []byte(`[["\u002d"]]`)}
	if !escaped.Protected() {
		t.Error("a name that is spelled with an escape: got false, want true")
	}
}

func TestDeletionsNameOwnAddressesAndAnyID(t *testing.T) {
	me, other := testKey.PubKey().String(), hexB
	e := testKey.Sign(9, KindDeletion, [][]string{{"e", hexA}, {"e", "short"}, {"e"}, {"E", hexB}, {"a", "30023:" + me + ":a:b"},
		{"a", "30023:" + other + ":a"}, {"a", "0:" + me + ":"}, {"a", "0:" + me + ":x"}, {"a", "0:" + me}, {"a", "1:" + me + ":"},
		{"a", "030023:" + me + ":"}, {"a", "99999:" + me + ":"}, {"a", ""}, {"a", "30024:" + me + ":"}}, "")
	ids, addresses := e.Deletions()
	want := []Address{{30023, TagHash('d', "a:b")}, {0, 0}, {30024, TagHash('d', "")}}
	if fmt.Sprint(ids) != "["+hexA+"]" || fmt.Sprint(addresses) != fmt.Sprint(want) {
		t.Errorf("got %v and %v, want one id and %v", ids, addresses, want)
	}
	e.Kind = 1
	if ids, addresses := e.Deletions(); ids != nil || addresses != nil {
		t.Errorf("of another kind: got %v and %v, want nothing", ids, addresses)
	}
}

func TestVanishes(t *testing.T) {
	for _, c := range []struct {
		kind    uint16
		tags    [][]string
		service string
		want    bool
	}{
		{62, [][]string{{"relay", "ALL_RELAYS"}}, "", true}, {1, [][]string{{"relay", "ALL_RELAYS"}}, "", false},
		{62, [][]string{{"relay", "wss://a.example.com/"}}, "wss://A.example.com", true}, {62, [][]string{{"relay", "wss://b.example.com"}}, "wss://a.example.com", false},
		{62, [][]string{{"relay", ""}, {"relay", "all_relays"}, {"p", "ALL_RELAYS"}}, "", false},
	} {
		e := testKey.Sign(1, c.kind, c.tags, "")
		if got := e.Vanishes(c.service); got != c.want {
			t.Errorf("kind %d %v at %q: got %v, want %v", c.kind, c.tags, c.service, got, c.want)
		}
	}
}

func TestDHash(t *testing.T) {
	for _, c := range []struct {
		kind uint16
		tags [][]string
		want int64
		has  bool
	}{{1, [][]string{{"d", "x"}}, 0, false}, {0, nil, 0, false}, {30000, [][]string{{"d", "x"}, {"d", "y"}}, TagHash('d', "x"), true},
		{39999, [][]string{{"d"}}, TagHash('d', ""), true}, {30000, nil, TagHash('d', ""), true}} {
		e := testKey.Sign(1, c.kind, c.tags, "")
		if got, has := e.DHash(); got != c.want || has != c.has {
			t.Errorf("kind %d %v: got %d, %v, want %d, %v", c.kind, c.tags, got, has, c.want, c.has)
		}
	}
}
