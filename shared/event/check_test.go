package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"
)

// checkEvent asserts what must hold for every event that Parse accepts.
func checkEvent(t *testing.T, e Event) {
	t.Helper()
	if !e.CheckID() {
		t.Errorf("%v: CheckID says false", e.ID)
	}
	text := e.AppendJSON(nil)
	if !json.Valid(text) || len(text) > MaxBytes {
		t.Errorf("%v: AppendJSON wrote %d bytes that are not an event's JSON: %.200q", e.ID, len(text), text)
	}
	if id, ok := ScanID(text); !ok || id != e.ID {
		t.Errorf("%v: ScanID says %v %v", e.ID, id, ok)
	}
	again, err := Parse(text)
	if err != nil || !same(again, e) {
		t.Errorf("%v: Parse(AppendJSON) gives %.200q %.200q (%v), want %.200q %.200q", e.ID, again.Tags, again.Content, err, e.Tags, e.Content)
	}
	fresh, err := New(e.ID, e.PubKey, e.Sig, e.CreatedAt, e.Kind, e.Tags, e.Content)
	if err != nil || !same(fresh, e) {
		t.Errorf("%v: New gives %v, want the event", e.ID, err)
	}
	checkRow(t, e)
}

// checkRow asserts that a row gives the event back, by its text if that is exact and by its raw bytes in any case.
func checkRow(t *testing.T, e Event) {
	t.Helper()
	tags, content, exact := e.Text()
	storable := json.Valid([]byte(tags)) && !bytes.Contains([]byte(tags), []byte(`\u0000`)) && utf8.ValidString(content) &&
		!bytes.ContainsRune([]byte(content), 0)
	if !storable && !bytes.Contains(e.Tags, []byte(`\\u0000`)) {
		t.Errorf("%v: Text gives %.200q %.200q, which Postgres refuses", e.ID, tags, content)
	}
	var spaced bytes.Buffer // jsonb prints white space of its own
	if err := json.Indent(&spaced, []byte(tags), " ", " "); err != nil {
		t.Errorf("%v: indent %.200q: %v", e.ID, tags, err)
	}
	fromTags, fromContent := FromText(spaced.String(), content)
	if got := bytes.Equal(fromTags, e.Tags) && bytes.Equal(fromContent, e.Content); got != exact {
		t.Errorf("%v: FromText gives it back: %v, Text promised %v", e.ID, got, exact)
	}
	rawTags, rawContent, err := ParseRaw(e.Raw())
	if err != nil || !bytes.Equal(rawTags, e.Tags) || !bytes.Equal(rawContent, e.Content) {
		t.Errorf("%v: ParseRaw(Raw) gives %.200q %.200q (%v)", e.ID, rawTags, rawContent, err)
	}
}

func same(a, b Event) bool { return fmt.Sprintf("%v", a) == fmt.Sprintf("%v", b) }
