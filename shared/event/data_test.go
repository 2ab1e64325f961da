package event

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"testing"
)

func TestRealEventsAreValid(t *testing.T) {
	want := map[string]int{"events/valid.jsonl": 2991, "events/valid_extra_members.jsonl": 20}
	for name, count := range want {
		data, ok := dataFile(t, name)
		if !ok {
			continue
		}
		list := lines(data)
		if len(list) != count {
			t.Errorf("%s: got %d events, want %d", name, len(list), count)
		}
		for i, line := range list {
			checkAgainstReference(t, []byte(line))
			e, err := Parse([]byte(line))
			if err != nil || !e.CheckSignature() {
				t.Errorf("%s:%d: got %v, want a valid event", name, i+1, err)
				continue
			}
			checkEvent(t, e)
		}
	}
}

func TestRealInvalidEventsAreRefused(t *testing.T) {
	data, ok := dataFile(t, "events/invalid.jsonl")
	if !ok {
		return
	}
	refused := 0
	for i, line := range lines(data) {
		var item struct{ Raw string }
		if err := json.Unmarshal([]byte(line), &item); err != nil {
			t.Fatal(err)
		}
		checkAgainstReference(t, []byte(item.Raw))
		if e, err := Parse([]byte(item.Raw)); err == nil && e.CheckSignature() {
			t.Errorf("line %d: got a valid event, want it refused", i+1)
		}
		refused++
	}
	if refused != 66 {
		t.Errorf("got %d events, want 66", refused)
	}
}

// deviations are the edge cases on which we differ from the strict verifier that the data was made with, and why.
var deviations = map[string]string{
	"created_at_ms":                     "milliseconds by mistake are a legal integer and signed: an archive keeps it",
	"created_at_i64max":                 "a legal integer that int64 and bigint hold",
	"extra_field_deep_nesting":          "what a relay added does not make the signed members invalid; our bound is 16,384",
	"nul_tag_value":                     "hashed over escapes, which is what JSON.stringify and every relay accept",
	"nul_tag_key":                       "hashed over escapes, which is what JSON.stringify and every relay accept",
	"ctl_1_1f_escaped_preimage":         "hashed over escapes, which is what JSON.stringify and every relay accept",
	"lone_high_surrogate":               "the id covers U+FFFD, which was never sent: another text than the one that was",
	"duplicate_key_content_last_signed": "parsers differ on which of two members counts, so neither does",
}

func TestEdgeCases(t *testing.T) {
	verdicts, ok := dataFile(t, "events/edge_cases_verdicts.csv")
	events, ok2 := dataFile(t, "events/edge_cases.jsonl")
	if !ok || !ok2 {
		return
	}
	rows, err := csv.NewReader(bytes.NewReader(verdicts)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	strict := map[string]string{}
	for _, row := range rows[1:] {
		strict[row[0]] = row[4]
	}
	seen := 0
	for _, line := range lines(events) {
		name, raw := edgeCase(t, line)
		checkEdgeCase(t, name, raw, strict[name] == "ok")
		seen++
	}
	if seen != 73 {
		t.Errorf("got %d cases, want 73", seen)
	}
}

func checkEdgeCase(t *testing.T, name string, raw []byte, strictOK bool) {
	e, err := Parse(raw)
	accepted := err == nil && e.CheckSignature()
	if reason := deviations[name]; (accepted != strictOK) != (reason != "") {
		t.Errorf("%s: accepted %v (%v), the strict verifier says %v, our reason to differ is %q", name, accepted, err, strictOK, reason)
	}
	if name != "extra_field_deep_nesting" { // the reference's library stops at 10,000 levels
		checkAgainstReference(t, raw)
	}
	if err == nil {
		checkEvent(t, e)
	}
}

func edgeCase(t *testing.T, line string) (name string, raw []byte) {
	var item struct {
		Name string
		Raw  string
		B64  string `json:"raw_b64"`
	}
	if err := json.Unmarshal([]byte(line), &item); err != nil {
		t.Fatal(err)
	}
	if item.B64 == "" {
		return item.Name, []byte(item.Raw)
	}
	raw, err := base64.StdEncoding.DecodeString(item.B64)
	if err != nil {
		t.Fatal(err)
	}
	return item.Name, raw
}

// checkAgainstReference asserts that Parse and the slow reading agree on verdict and fields.
func checkAgainstReference(t *testing.T, raw []byte) {
	t.Helper()
	got, err := Parse(raw)
	want, ok := reference(raw)
	if ok && want.jsonLen() > MaxBytes {
		ok = false // Parse also bounds what the event's own JSON will take
	}
	if (err == nil) != ok {
		t.Fatalf("Parse says %v, the reference %v: %.500q", err, ok, raw)
	}
	if ok && !same(got, want) {
		t.Fatalf("Parse gives %.300q %.300q, the reference %.300q %.300q", got.Tags, got.Content, want.Tags, want.Content)
	}
	if id, found := ScanID(raw); ok && (!found || id != got.ID) {
		t.Fatalf("ScanID says %v %v, Parse %v", id, found, got.ID)
	}
}
