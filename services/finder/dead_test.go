package finder

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPlainJSONIsASCIIAndKeepsTheText(t *testing.T) {
	for _, line := range []string{"wss://a b", "\x1b[31mred", "\u202egnirts", "\U0001F4A9", "a\x7fb", "caf\u00e9", `"quoted\`} {
		text := plainJSON(refusal{Line: line, Reason: "url_host", Source: "people"})
		if i := strings.IndexFunc(string(text), func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Errorf("plainJSON(%q) got %q, want printable ASCII", line, text)
		}
		var back refusal
		if err := json.Unmarshal(text, &back); err != nil || back.Line != line {
			t.Errorf("plainJSON(%q) came back as %q, %v", line, back.Line, err)
		}
	}
}

func TestRefusalsOfOneMessageAreBounded(t *testing.T) {
	r := refusals{source: sourcePeople}
	for range 5000 {
		r.add("x", "url_host")
	}
	if len(r.told) != maxDead || r.more != 5000-maxDead {
		t.Errorf("got %d told and %d counted, want %d and %d", len(r.told), r.more, maxDead, 5000-maxDead)
	}
}

func TestSourceNamesAreBounded(t *testing.T) {
	f := &Finder{sources: sourceNames{seen: map[string]bool{}}}
	for subject, want := range map[string]string{
		"brotr.relay.found": sourcePeople, "brotr.relay.found.seed": sourceSeed, "brotr.relay.found.my-list_2": "my-list_2",
		"brotr.relay.found.Évil": sourceOther, "brotr.relay.found." + strings.Repeat("a", 33): sourceOther,
	} {
		if got := f.source(subject); got != want {
			t.Errorf("source(%s) got %s, want %s", subject, got, want)
		}
	}
	names := map[string]bool{}
	for i := range 10_000 {
		names[f.source("brotr.relay.found.x"+strings.Repeat("a", i%30)+string(rune('a'+i%26)))] = true
	}
	if len(names) > maxSources+1 {
		t.Errorf("got %d names, want at most %d", len(names), maxSources+1)
	}
	if got := f.source("brotr.relay.found.nip65"); got != sourceNIP65 {
		t.Errorf("a source of our own got %s, want %s", got, sourceNIP65)
	}
}
