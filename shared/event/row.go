package event

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// New makes an event from its parts, as they stand in a batch or a row, and checks what Parse would: the limits, the
// shape of the signed texts and the id, not the signature. tags and content are the signed texts and are copied.
func New(id ID, pubkey PubKey, sig [64]byte, createdAt int64, kind uint16, tags, content []byte) (Event, error) {
	e := Event{ID: id, PubKey: pubkey, Sig: sig, CreatedAt: createdAt, Kind: kind}
	if createdAt < 0 {
		return Event{}, &Error{BadNumber, "created_at"}
	}
	if len(tags)+len(content) > MaxBytes {
		return Event{}, &Error{TooLarge, "event"}
	}
	if !utf8.Valid(tags) || !utf8.Valid(content) {
		return Event{}, &Error{BadUTF8, "event"}
	}
	if err := checkSigned(tags, content); err != nil {
		return Event{}, err
	}
	if !e.seal(tags, content, verbatim) {
		return Event{}, &Error{IDMismatch, ""}
	}
	if e.jsonLen() > MaxBytes {
		return Event{}, &Error{TooLarge, "event"}
	}
	return e, nil
}

// checkSigned checks that two texts can be the signed texts of an event: compact, and in one form. Raw control
// characters (letter) beside foreign escapes (the other forms) are a mixture that no JSON would read back as.
func checkSigned(tags, content []byte) error {
	t := scanner{buf: tags, lax: true}
	t.tags()
	t.end()
	c := scanner{buf: content, lax: true, err: t.err}
	c.literal()
	c.end()
	seen := t.seen | c.seen
	if seen&spaced != 0 || seen&(escaped|raw) == escaped|raw {
		c.fail(BadShape, "not a signed text")
	}
	if c.err != nil {
		return c.err
	}
	return nil
}

// Text returns tags as JSON that jsonb takes and content as plain text that Postgres takes: what neither can hold, NUL
// and surrogates without their partner, is U+FFFD. exact says that FromText gives Tags and Content back byte for byte;
// where it does not, Raw must be kept beside them.
func (e *Event) Text() (tags string, content string, exact bool) {
	buf, _ := appendForm(make([]byte, 0, len(e.Tags)), orEmpty(e.Tags, `[]`), stored)
	tags = string(buf)
	content = withoutNUL(e.DecodeContent())
	t, c := FromText(tags, content)
	return tags, content, bytes.Equal(t, e.Tags) && bytes.Equal(c, e.Content)
}

// FromText turns what Text returned into signed texts in NIP-01's letter form. The white space and the escapes that jsonb
// writes make no difference. Whether they are the signed ones only New can tell.
func FromText(tags, content string) (t, c []byte) {
	t, _ = appendForm(make([]byte, 0, len(tags)), []byte(tags), letter)
	return t, appendQuoted(make([]byte, 0, len(content)+2), content, letter)
}

// Plain returns tags and content as text without NUL, which is U+FFFD there. exact says that FromPlain gives Tags and
// Content back byte for byte; where it does not, Raw must be kept beside them.
func (e *Event) Plain() (tags [][]string, content string, exact bool) {
	tags, content = e.DecodeTags(), withoutNUL(e.DecodeContent())
	for _, tag := range tags {
		for i := range tag {
			tag[i] = withoutNUL(tag[i])
		}
	}
	t, c := FromPlain(tags, content)
	return tags, content, bytes.Equal(t, e.Tags) && bytes.Equal(c, e.Content)
}

func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", string(utf8.RuneError)) }

// FromPlain turns what Plain returned into signed texts in NIP-01's letter form. Whether they are the signed ones only New
// can tell.
func FromPlain(tags [][]string, content string) (t, c []byte) {
	return appendTags(nil, tags), appendQuoted(make([]byte, 0, len(content)+2), content, letter)
}

// Raw returns the two signed texts as one: `[` Tags `,` Content `]`. It may hold raw control characters, hence bytes.
func (e *Event) Raw() []byte {
	raw := make([]byte, 0, len(e.Tags)+len(e.Content)+len("[,]"))
	raw = append(append(raw, '['), e.Tags...)
	raw = append(append(raw, ','), e.Content...)
	return append(raw, ']')
}

// ParseRaw takes apart what Raw returned. The results are parts of raw.
func ParseRaw(raw []byte) (tags, content []byte, err error) {
	s := scanner{buf: raw, lax: true}
	s.expect('[', BadShape, "raw")
	tags = s.tags()
	s.expect(',', BadShape, "raw")
	content = s.literal()
	s.expect(']', BadShape, "raw")
	s.end()
	if s.err != nil {
		return nil, nil, s.err
	}
	return tags, content, nil
}
