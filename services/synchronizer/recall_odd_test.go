package synchronizer

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// giants is one event of so many bytes in the middle of the world. It is genuine, and too large for the archive.
func giants(size int) func() []crafted {
	return func() []crafted {
		e := event.GenerateKey().Sign(world().Events[700].CreatedAt+1, 1, nil, strings.Repeat("a", size))
		raw := simrelay.Raw{ID: e.ID, CreatedAt: e.CreatedAt, JSON: e.AppendJSON(nil), Kind: 1, PubKey: e.PubKey}
		return []crafted{{raw, true}}
	}
}

// oddAt is the second of the crafted events.
const oddAt = 1_700_000_000

// odd are events that relays do serve although no honest program makes them, and some that must be refused.
func odd() []crafted {
	incompressible := make([]byte, 4600)
	for i, rng := 0, rand.New(rand.NewPCG(1, 2)); i < len(incompressible); i++ {
		incompressible[i] = byte(rng.Uint32())
	}
	good := []simrelay.Crafted{
		{Content: `"NUL \u0000 over the escape"`},
		{Content: "\"NUL \x00 over the byte\"", SentContent: `"NUL \u0000 over the byte"`},
		{Tags: `[["t","NUL \u0000 in a value"]]`},
		{Tags: `[["\u0000","NUL in a name"]]`},
		{Content: `"\u0001\u0008\u000b\u001f over escapes"`},
		{Content: "\"DEL \x7f\""},
		{Content: `"lone surrogate \ud800 over the escape"`},
		{Tags: `[["t","` + hex.EncodeToString(incompressible) + `"]]`},
		{Kind: "65535"},
	}
	bad := []simrelay.Crafted{
		{Content: "\"lone surrogate \ufffd over U+FFFD\"", SentContent: `"lone surrogate \ud800 over U+FFFD"`},
		{Content: "\"invalid UTF-8 \xff\""},
		{Kind: "65536"}, {Kind: "-1"}, {Kind: "9223372036854775808"}, {CreatedAt: "-1"}, {SentTags: "null"}, {SentContent: "null"},
		{Content: `"signed"`, SentContent: `"sent"`},
		{Content: `"a member twice"`, Extra: `"content":"other",`},
	}
	var all []crafted
	for _, c := range good {
		all = append(all, crafted{c.Raw(oddAt), true})
	}
	for _, c := range bad {
		all = append(all, crafted{c.Raw(oddAt), false})
	}
	for i, member := range []string{"id", "pubkey", "sig"} {
		raw := simrelay.Crafted{Content: `"upper case ` + member + `"`}.Raw(oddAt)
		raw.JSON = upperCase(raw.JSON, member)
		raw.ID[0] ^= byte(i)
		all = append(all, crafted{raw, false})
	}
	return all
}

// upperCase writes the hex digits of one member in capitals.
func upperCase(text []byte, member string) []byte {
	start := bytes.Index(text, []byte(`"`+member+`":"`)) + len(member) + 4
	end := start + bytes.IndexByte(text[start:], '"')
	return bytes.Join([][]byte{text[:start], bytes.ToUpper(text[start:end]), text[end:]}, nil)
}

// edgeCases are those of the shared data, where that is there. Which of them are good is for package event to say, whose
// own test compares it with others.
func edgeCases() (all []crafted) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "events", "edge_cases.jsonl"))
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(text) {
		var item struct {
			Raw string
			B64 string `json:"raw_b64"`
		}
		if err := json.Unmarshal(line, &item); err != nil {
			panic(err)
		}
		raw := simrelay.Raw{CreatedAt: oddAt, JSON: []byte(item.Raw)}
		if item.B64 != "" {
			raw.JSON, _ = base64.StdEncoding.DecodeString(item.B64) // what is no base64 is an edge case as well
		}
		e, err := event.Parse(raw.JSON)
		good := err == nil && e.CheckSignature() && event.Classify(e.Kind) != event.Ephemeral
		if err == nil {
			raw.ID, raw.CreatedAt, raw.Kind = e.ID, e.CreatedAt, e.Kind
		}
		all = append(all, crafted{raw, good})
	}
	return all
}
