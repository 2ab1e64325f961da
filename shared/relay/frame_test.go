package relay

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// deep is an object of more levels than the bits that the scanner keeps.
var deep = `{"x":` + strings.Repeat("[", 16_000) + `{"y":[]}` + strings.Repeat("]", 16_000) + `}`

func TestScanFrame(t *testing.T) {
	for _, c := range []struct {
		in, label string
		args      []string
	}{
		{`["EVENT","s",{"a":"]}\"","b":[{}]}]`, "EVENT", []string{`"s"`, `{"a":"]}\"","b":[{}]}`}},
		{" [ \"EOSE\" ,\t\"s\" ] \r\n", "EOSE", []string{`"s"`}},
		{`["OK","id",true,"x"]`, "OK", []string{`"id"`, `true`, `"x"`}},
		{`["CLOSED","\"\\",-1.5e3]`, "CLOSED", []string{`"\"\\"`, `-1.5e3`}},
		{`["NOTICE"]`, "NOTICE", nil},
		{`["EVENT","s",` + deep + `]`, "EVENT", []string{`"s"`, deep}},
		{`["event"]`, "", nil},
		{`["NEG-MSG",1,2,3,4,5]`, "NEG-MSG", []string{"1", "2", "3"}},
	} {
		f, err := ScanFrame([]byte(c.in))
		if err != nil || f.Label != c.label {
			t.Errorf("ScanFrame(%s) got %+v and %v, want %s", c.in, f, err, c.label)
		}
		for i, want := range c.args {
			if string(f.Args[i]) != want {
				t.Errorf("ScanFrame(%s) argument %d got %q, want %q", c.in, i, f.Args[i], want)
			}
		}
	}
}

var brokenFrames = []string{
	``, ` `, `[`, `]`, `{}`, `[]`, `[1]`, `["`, `["EVENT`, `["EVENT"`, `["EVENT",`, `["EVENT",]`, `["EVENT","abc`, `["EVENT","s",{`, `["EVENT","s",{"a":"`,
	`["EVENT","s",{]}]`, `["EVENT","s",{}`, `["EVENT","s",{}}`, `["EVENT","s",{}]x`, `["EVENT","s"{}]`, `["EVENT" "s"]`, `["A\`, `["A","\`, `["A",,]`,
	`["A",tr"ue]`, `"EVENT"`, "\x00", `["A",` + strings.Repeat("[", maxFrameDepth+1) + strings.Repeat("]", maxFrameDepth+1) + `]`,
	`["A",` + strings.Repeat("[", 64) + "}" + strings.Repeat("]", 63) + `]`,
}

func TestScanFrameRefuses(t *testing.T) {
	for _, in := range brokenFrames {
		if f, err := ScanFrame([]byte(in)); err == nil {
			t.Errorf("ScanFrame(%q) got %+v, want an error", in, f)
		}
	}
	for n := range len(anEvent) {
		if _, err := ScanFrame([]byte(anEvent[:n])); err == nil {
			t.Errorf("ScanFrame(%q) got no error, want one: it is cut short", anEvent[:n])
		}
	}
}

func TestScanRealFrames(t *testing.T) {
	lines := dataLines(t, "events/relay_frames.jsonl")
	events, refused := 0, 0
	for _, line := range lines {
		f, err := ScanFrame([]byte(line))
		switch {
		case err != nil:
			refused++
		case f.Label == "EVENT" && f.Args[1] != nil:
			events++
		}
	}
	t.Logf("%d frames: %d events, %d refused", len(lines), events, refused)
	if len(lines) > 0 && events < 500 {
		t.Errorf("real frames got %d events, want more than 500", events)
	}
}

// FuzzFrame compares with encoding/json: what is a labelled JSON array there is cut into the same elements here.
func FuzzFrame(f *testing.F) {
	for _, in := range brokenFrames {
		f.Add([]byte(in))
	}
	f.Add([]byte(` ["EVENT", "s", {"a":[1,{"b":"\"]"}],"c":null} , 1.5e3, true ]` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := ScanFrame(b)
		var want []json.RawMessage
		valid := json.Unmarshal(b, &want) == nil && len(want) > 0 && want[0][0] == '"'
		if !valid {
			return // some of these are accepted: whoever uses an element parses it
		}
		if err != nil {
			if deepest(b) <= maxFrameDepth {
				t.Fatalf("ScanFrame(%q) got %v, want it cut", b, err)
			}
			return
		}
		if frame.N != len(want)-1 {
			t.Fatalf("ScanFrame(%q) got %d elements, want %d", b, frame.N, len(want)-1)
		}
		for i, arg := range want[1:min(len(want), maxFrameArgs+1)] {
			if !bytes.Equal(arg, frame.Args[i]) {
				t.Fatalf("ScanFrame(%q) element %d got %q, want %q", b, i, frame.Args[i], arg)
			}
		}
	})
}

func deepest(b []byte) int {
	depth, most := 0, 0
	for _, c := range b {
		switch c {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth--
		}
	}
	return most
}

func BenchmarkScanFrame(b *testing.B) {
	frame := []byte(`["EVENT","b1",{"id":"` + strings.Repeat("a", 64) + `","tags":[["p","` + strings.Repeat("a", 64) + `"]],"content":"` + strings.Repeat("word ", 200) + `"}]`)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ScanFrame(frame); err != nil {
			b.Fatal(err)
		}
	}
}
