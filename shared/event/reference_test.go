package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// reference is a second, slow reading of an event, built on a JSON library and on UTF-16, to hold Parse against. It knows
// nothing of Parse's scanner, decoder or forms.
func reference(data []byte) (Event, bool) {
	if len(data) > MaxBytes || !utf8.Valid(data) {
		return Event{}, false
	}
	values, ok := referenceMembers(data)
	if !ok || len(values) != 7 {
		return Event{}, false
	}
	var e Event
	ok = referenceHex(values["id"], e.ID[:]) && referenceHex(values["pubkey"], e.PubKey[:]) && referenceHex(values["sig"], e.Sig[:])
	createdAt, ok1 := referenceInt(values["created_at"], 63)
	kind, ok2 := referenceInt(values["kind"], 16)
	e.CreatedAt, e.Kind = int64(createdAt), uint16(kind)
	tags, ok3 := referenceTags(values["tags"])
	if !ok || !ok1 || !ok2 || !ok3 || values["content"][0] != '"' {
		return Event{}, false
	}
	for _, write := range []func(string) (string, bool){referenceLetter, referenceWire, referenceStringify, referenceStrfry} {
		t, ok1 := referenceJoin(tags, write)
		c, ok2 := write(string(values["content"]))
		preimage := fmt.Sprintf(`[0,"%s",%d,%d,%s,%s]`, e.PubKey, e.CreatedAt, e.Kind, t, c)
		if ok1 && ok2 && sha256.Sum256([]byte(preimage)) == e.ID {
			e.Tags, e.Content = []byte(t), []byte(c)
			return e, true
		}
	}
	return Event{}, false
}

func referenceMembers(data []byte) (map[string]jsontext.Value, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if open, err := d.ReadToken(); err != nil || open.Kind() != '{' {
		return nil, false
	}
	known := map[string]bool{"id": true, "pubkey": true, "created_at": true, "kind": true, "tags": true, "content": true, "sig": true}
	values := map[string]jsontext.Value{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, false
		}
		key := name.String()
		value, err := d.ReadValue()
		if _, twice := values[key]; err != nil || twice {
			return nil, false
		}
		if known[key] {
			values[key] = value.Clone()
		}
	}
	if end, err := d.ReadToken(); err != nil || end.Kind() != '}' {
		return nil, false
	}
	_, err := d.ReadToken()
	return values, err == io.EOF
}

var (
	lowerHex = regexp.MustCompile(`^"[0-9a-f]*"$`)
	natural  = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
)

func referenceHex(value jsontext.Value, dst []byte) bool {
	if !lowerHex.Match(value) || len(value) != 2*len(dst)+2 {
		return false
	}
	_, err := hex.Decode(dst, value[1:len(value)-1])
	return err == nil
}

func referenceInt(value jsontext.Value, bits int) (uint64, bool) {
	v, err := strconv.ParseUint(string(value), 10, bits)
	return v, err == nil && natural.Match(value)
}

// referenceTags returns the literals of each tag.
func referenceTags(value jsontext.Value) (tags [][]string, ok bool) {
	d := jsontext.NewDecoder(bytes.NewReader(value), jsontext.AllowInvalidUTF8(true))
	if open, err := d.ReadToken(); err != nil || open.Kind() != '[' {
		return nil, false
	}
	elements := 0
	for d.PeekKind() == '[' {
		tag := []string{}
		_, _ = d.ReadToken()
		for d.PeekKind() == '"' {
			literal, err := d.ReadValue()
			if err != nil {
				return nil, false
			}
			tag = append(tag, string(literal))
		}
		if end, err := d.ReadToken(); err != nil || end.Kind() != ']' {
			return nil, false
		}
		tags, elements = append(tags, tag), elements+len(tag)
	}
	end, err := d.ReadToken()
	return tags, err == nil && end.Kind() == ']' && len(tags) <= MaxTags && elements <= MaxTagElements
}

func referenceJoin(tags [][]string, write func(string) (string, bool)) (string, bool) {
	var out []string
	for _, tag := range tags {
		var items []string
		for _, literal := range tag {
			s, ok := write(literal)
			if !ok {
				return "", false
			}
			items = append(items, s)
		}
		out = append(out, "["+strings.Join(items, ",")+"]")
	}
	return "[" + strings.Join(out, ",") + "]", true
}

func referenceWire(literal string) (string, bool) { return literal, true }

func referenceLetter(literal string) (string, bool) {
	return referenceWrite(literal, func(unit uint16) string { return string(rune(unit)) }, false)
}

func referenceStringify(literal string) (string, bool) {
	return referenceWrite(literal, func(unit uint16) string {
		if unit == 0x7f {
			return "\x7f"
		}
		return fmt.Sprintf(`\u%04x`, unit)
	}, true)
}

func referenceStrfry(literal string) (string, bool) {
	return referenceWrite(literal, func(unit uint16) string { return fmt.Sprintf(`\u%04x`, unit) }, true)
}

// referenceWrite goes through UTF-16, where a lone surrogate is a unit like any other.
func referenceWrite(literal string, control func(uint16) string, lone bool) (string, bool) {
	named := map[uint16]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	units := referenceUnits(literal)
	out := []byte{'"'}
	for i := 0; i < len(units); i++ {
		unit := units[i]
		switch {
		case named[unit] != "":
			out = append(out, named[unit]...)
		case unit < 0x20 || unit == 0x7f:
			out = append(out, control(unit)...)
		case i+1 < len(units) && utf16.DecodeRune(rune(unit), rune(units[i+1])) != utf8.RuneError:
			out = append(out, string(utf16.Decode(units[i:i+2]))...)
			i++
		case utf16.IsSurrogate(rune(unit)):
			if !lone {
				return "", false
			}
			out = append(out, fmt.Sprintf(`\u%04x`, unit)...)
		default:
			out = append(out, string(rune(unit))...)
		}
	}
	return string(append(out, '"')), true
}

var shortEscapes = map[byte]uint16{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// referenceUnits decodes a valid literal into UTF-16 code units.
func referenceUnits(literal string) (units []uint16) {
	text := literal[1 : len(literal)-1]
	for len(text) > 0 {
		switch {
		case text[0] == '\\' && text[1] == 'u':
			v, _ := strconv.ParseUint(text[2:6], 16, 16)
			units, text = append(units, uint16(v)), text[6:]
		case text[0] == '\\':
			units, text = append(units, shortEscapes[text[1]]), text[2:]
		default:
			r, n := utf8.DecodeRuneInString(text)
			units, text = utf16.AppendRune(units, r), text[n:]
		}
	}
	return units
}
