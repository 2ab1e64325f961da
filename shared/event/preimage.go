package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// form is one way of writing strings. The first four are the preimages of the package comment.
type form uint8

const (
	letter form = iota
	wire
	stringify
	strfry
	verbatim // the text as it is, for text that is known to be its own preimage
	stored   // JSON that jsonb takes: as stringify, but NUL and lone surrogates become U+FFFD
)

// CheckID reports whether the id is the hash of the event.
func (e *Event) CheckID() bool {
	same := *e
	return same.seal(e.Tags, e.Content, verbatim)
}

// identify finds the form that gives the id. Text without white space and without foreign escapes reads the same in all
// forms but strfry's, and is hashed as it came.
func (p *parser) identify() {
	forms := []form{letter, wire, stringify, strfry}
	if p.signed == 0 {
		forms = []form{verbatim, strfry}
	}
	for _, f := range forms {
		if f == strfry && bytes.IndexByte(p.buf, 0x7f) < 0 && !bytes.Contains(p.buf, []byte(`\u007`)) {
			continue
		}
		if !p.event.seal(p.tagsText, p.contentText, f) {
			continue
		}
		if f == strfry && p.event.jsonLen() > MaxBytes { // only this form is longer than what was sent
			p.fail(TooLarge, "event with its escapes")
		}
		return
	}
	p.fail(IDMismatch, "")
}

// seal writes the preimage in the form f, sets Tags and Content to their places in it and reports whether its hash is the
// id: one allocation holds everything that an event needs.
func (e *Event) seal(tags, content []byte, f form) bool {
	buf := make([]byte, 0, headMax+len(tags)+len(content)+len(",]"))
	buf = e.appendHead(buf)
	start := len(buf)
	buf, tagsOK := appendForm(buf, tags, f)
	end := len(buf)
	buf = append(buf, ',')
	buf, contentOK := appendForm(buf, content, f)
	e.Tags, e.Content = buf[start:end:end], buf[end+1:len(buf):len(buf)]
	buf = append(buf, ']')
	return tagsOK && contentOK && sha256.Sum256(buf) == e.ID
}

// headMax is the longest that appendHead writes.
const headMax = len(`[0,"",9223372036854775807,65535,`) + 64

// appendHead writes the preimage up to the tags.
func (e *Event) appendHead(dst []byte) []byte {
	dst = append(dst, `[0,"`...)
	dst = hex.AppendEncode(dst, e.PubKey[:])
	dst = append(dst, `",`...)
	dst = strconv.AppendInt(dst, e.CreatedAt, 10)
	dst = append(dst, ',')
	dst = strconv.AppendUint(dst, uint64(e.Kind), 10)
	return append(dst, ',')
}
