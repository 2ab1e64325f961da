package event

import (
	"bytes"
	"testing"
)

// FuzzParse holds Parse against the slow reading, as the input stands and again with the id of its own content, so that
// the interesting half of the checks is reached at all.
func FuzzParse(f *testing.F) {
	for _, m := range []made{
		{}, {hashedTags: `[["e","a"],[]]`, hashedContent: `"\n\"ä😀"`}, {hashedContent: "\"a\x00b\"", sentContent: `"a\u0000b"`},
		{hashedContent: `"\ud800\/\u001F"`}, {hashedContent: `"\u007f"`, sentContent: "\"\x7f\""}, {extra: `"x":[{"a":-0.1e+2},null],`},
		{hashedTags: `[["a"]]`, sentTags: " [ [\t\"\\u0061\"\n]\r]"},
	} {
		f.Add([]byte(m.json()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Count(data, []byte{'['})+bytes.Count(data, []byte{'{'}) > 9_000 {
			return // the reference's library stops at 10,000 levels
		}
		checkAgainstReference(t, data)
		for _, write := range []form{letter, wire, stringify, strfry} {
			if sealed := withItsID(data, write); sealed != nil {
				checkAgainstReference(t, sealed)
			}
		}
		if e, err := Parse(data); err == nil {
			checkEvent(t, e)
		}
	})
}

// withItsID puts the id of what data holds, in the form f, in place of the id that it states.
func withItsID(data []byte, f form) []byte {
	p := parser{scanner: scanner{buf: data}}
	p.members(p.member)
	if p.end(); p.err != nil || p.have != 1<<len(members)-1 {
		return nil
	}
	stated := p.event.ID.String()
	p.event.seal(p.tagsText, p.contentText, f)
	id := hashOf(&p.event)
	return bytes.Replace(data, []byte(stated), []byte(id.String()), 1)
}

// FuzzScanID asserts that the cheap look at the id never differs from the full reading.
func FuzzScanID(f *testing.F) {
	f.Add([]byte(made{}.json()))
	f.Add([]byte(made{extra: `"x":{"id":"` + hexA + `"},"\u0069":[],`}.json()))
	f.Add([]byte(`{"tags":[["id","` + hexA + `"]],"id":"` + hexB + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		id, ok := ScanID(data)
		sealed := withItsID(data, letter)
		if sealed == nil {
			return
		}
		if e, err := Parse(sealed); err == nil {
			if got, found := ScanID(sealed); !found || got != e.ID {
				t.Fatalf("got %v %v, want %v", got, found, e.ID)
			}
			if !ok {
				t.Fatalf("got nothing for another id of the same shape: %v", id)
			}
		}
	})
}

// FuzzFilter asserts that what ParseFilter takes it also writes and reads again, the same.
func FuzzFilter(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"ids":["` + hexA + `"],"authors":["` + hexB + `"],"kinds":[1,65535],"#e":["x"],"since":1,"until":2,"limit":3,"search":"s"}`))
	f.Add([]byte(`{"#t":["\ud800","\u0000"," \/"],"#T":[],"limit":0}`))
	e := testKey.Sign(1, 1, [][]string{{"e", "x"}}, "s")
	f.Fuzz(func(t *testing.T, data []byte) {
		filter, err := ParseFilter(data)
		if err != nil {
			return
		}
		checkFilter(t, filter, "")
		again, err := ParseFilter([]byte(filter.Canonical()))
		if err != nil {
			t.Fatal(err)
		}
		again.Since, again.Until = filter.Since, filter.Until
		if filter.Matches(&e) != again.Matches(&e) {
			t.Fatalf("%s and its canonical form select differently", data)
		}
	})
}

// FuzzRow asserts that what comes back from a database or the bus is either refused or an event like any other.
func FuzzRow(f *testing.F) {
	f.Add(`[["e","a"]]`, `"x"`)
	f.Add("[[\"\x01\"]]", "\"\x00\"")
	f.Add(`[["\u0001"]]`, `"\ud800"`)
	f.Fuzz(func(t *testing.T, tags, content string) {
		_, _ = FromText(tags, content)
		_, _, _ = ParseRaw([]byte(tags))
		e := Event{Tags: []byte(tags), Content: []byte(content)}
		e.DecodeTags()
		e.TagHashes()
		_, _, _ = e.Text()
		if fresh, err := New(hashOf(&e), PubKey{}, [64]byte{}, 0, 0, e.Tags, e.Content); err == nil {
			checkEvent(t, fresh)
		}
	})
}
