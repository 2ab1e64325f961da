package event

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTagHash(t *testing.T) {
	// The first 8 bytes of `printf 'tnostr' | sha256sum`.
	if got := TagHash('t', "nostr"); uint64(got) != 0x12fe99b0130d1b24 {
		t.Errorf("got %x, want another", uint64(got))
	}
	if TagHash('t', "nostr") == TagHash('T', "nostr") {
		t.Error("got one hash for two letters")
	}
}

func TestTagHashes(t *testing.T) {
	cases := map[string][]int64{
		`[]`:                          nil,
		`[[]]`:                        nil,
		`[["e"]]`:                     nil,
		`[["e",""]]`:                  {TagHash('e', "")},
		`[["","x"],["ee","x"]]`:       nil,
		`[["1","x"],["-"],["_","x"]]`: nil,
		`[["é","x"],["😀","x"]]`:       nil,
		`[["@","x"],["[","x"],["` + "`" + `","x"],["{","x"]]`: nil,
		`[["e","a","b"],["e","a","c"],["E","a"],["x"]]`:       {TagHash('e', "a"), TagHash('E', "a")},
		`[["t","]\"[,"],["z","\\"]]`:                          {TagHash('t', `]"[,`), TagHash('z', `\`)},
		"[[\"t\",\"a\x00\"]]":                                 {TagHash('t', "a\x00")},
		`[["\u0074","a\u0000"]]`:                              {TagHash('t', "a\x00")},
		`[["t","\ud800"]]`:                                    {TagHash('t', "\ufffd")},
	}
	for tags, want := range cases {
		e := Event{Tags: []byte(tags)}
		slices.Sort(want)
		if got := e.TagHashes(); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", tags, got, want)
		}
	}
}

func TestDecodeTags(t *testing.T) {
	for tags, want := range map[string]string{
		`[]`:                       `[]`,
		`[[]]`:                     `[[]]`,
		`[[],["a"],[],["",""],[]]`: `[[] ["a"] [] ["" ""] []]`,
		`[["[\"]","\\"],["]"]]`:    `[["[\"]" "\\"] ["]"]]`,
		`[["\ud83d\ude00\ud800"]]`: `[["😀` + "\ufffd" + `"]]`,
	} {
		e := Event{Tags: []byte(tags)}
		if got := fmt.Sprintf("%q", e.DecodeTags()); got != want && !strings.Contains(want, "\ufffd") {
			t.Errorf("%s: got %s, want %s", tags, got, want)
		} else if strings.Contains(want, "\ufffd") && e.DecodeTags()[0][0] != "😀\ufffd" {
			t.Errorf("%s: got %q", tags, e.DecodeTags())
		}
	}
}

func TestTag(t *testing.T) {
	e := Event{Tags: []byte(`[["x"],["d","one","more"],["d","two"],["expiration","7"]]`)}
	for name, want := range map[string]string{"d": "one", "expiration": "7"} {
		if got, ok := e.Tag(name); !ok || got != want {
			t.Errorf("%s: got %q %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"x", "y", "one", ""} {
		if got, ok := e.Tag(name); ok {
			t.Errorf("%s: got %q, want nothing", name, got)
		}
	}
}

// The tag values that the original computes, as far as they are tags of NIP-01: it also indexes names that are one
// character but no letter, takes elements that are no strings and gives a tag without value a NULL.
func TestTagHashesAgreeWithTheOriginal(t *testing.T) {
	data, ok := dataFile(t, "events/tagvalues_cases.csv")
	if !ok {
		return
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, row := range rows[1:] {
		s := scanner{buf: []byte(row[1])}
		s.tags()
		if s.end(); s.err != nil {
			continue
		}
		var values []*string
		if err := json.Unmarshal([]byte(row[2]), &values); err != nil {
			t.Fatal(err)
		}
		var want []int64
		for _, v := range values {
			if v != nil && isLetter((*v)[0]) && (*v)[1] == ':' {
				want = append(want, TagHash((*v)[0], (*v)[2:]))
			}
		}
		slices.Sort(want)
		e := Event{Tags: []byte(row[1])}
		if got := e.TagHashes(); !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("%s: got %v, want %v", row[1], got, want)
		}
		ran++
	}
	if ran < 18 {
		t.Errorf("got %d cases, want at least 18", ran)
	}
}

func TestClassify(t *testing.T) {
	for kind, want := range map[uint16]Class{
		0: Replaceable, 1: Regular, 2: Regular, 3: Replaceable, 4: Regular, 44: Regular, 45: Regular, 999: Regular, 1000: Regular,
		9999: Regular, 10_000: Replaceable, 19_999: Replaceable, 20_000: Ephemeral, 22_242: Ephemeral, 29_999: Ephemeral,
		30_000: Addressable, 39_999: Addressable, 40_000: Regular, 65_535: Regular,
	} {
		if got := Classify(kind); got != want {
			t.Errorf("kind %d: got %v, want %v", kind, got, want)
		}
	}
}
