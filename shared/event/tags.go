package event

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// tagReader walks the text of tags that a scanner has passed, without allocating.
type tagReader struct {
	text []byte
	pos  int
}

// readTags stands before the first tag.
func readTags(text []byte) tagReader { return tagReader{text: text, pos: 1} }

// nextTag enters the next tag, whatever is left of the present one.
func (r *tagReader) nextTag() bool {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case '[':
			r.pos++
			return true
		case '"':
			r.pos += literalLen(r.text[r.pos:])
		default:
			r.pos++
		}
	}
	return false
}

// nextString returns the next string of the present tag, decoded, and false at the tag's end.
func (r *tagReader) nextString() ([]byte, bool) {
	for r.pos < len(r.text) && r.text[r.pos] != ']' {
		if r.text[r.pos] == '"' {
			literal := r.text[r.pos:]
			literal = literal[:literalLen(literal)]
			r.pos += len(literal)
			return decoded(literal), true
		}
		r.pos++
	}
	return nil, false
}

// DecodeTags returns the tags as Go strings. Surrogates without their partner become U+FFFD, so this is a reading of the
// tags and not their signed text.
func (e *Event) DecodeTags() [][]string {
	tags := [][]string{}
	for r := readTags(e.Tags); r.nextTag(); {
		tag := []string{}
		for s, ok := r.nextString(); ok; s, ok = r.nextString() {
			tag = append(tag, string(s))
		}
		tags = append(tags, tag)
	}
	return tags
}

// DecodeContent returns the content as a Go string, with the same loss as DecodeTags.
func (e *Event) DecodeContent() string { return string(decoded(e.Content)) }

// Tag returns the first value of the first tag of that name; ok is false if there is no such tag or it has no value.
func (e *Event) Tag(name string) (value string, ok bool) {
	for r := readTags(e.Tags); r.nextTag(); {
		if s, _ := r.nextString(); string(s) == name {
			v, ok := r.nextString()
			return string(v), ok
		}
	}
	return "", false
}

// TagHashes returns the hashes of the tags that NIP-01 indexes, those named by a single letter a-zA-Z, each with its first
// value: sorted, each once. A tag without a value has none.
func (e *Event) TagHashes() []int64 {
	var hashes []int64
	var scratch []byte
	for r := readTags(e.Tags); r.nextTag(); {
		name, _ := r.nextString()
		if len(name) != 1 || !isLetter(name[0]) {
			continue
		}
		if value, ok := r.nextString(); ok {
			scratch = append(append(scratch[:0], name[0]), value...)
			hashes = append(hashes, hash64(scratch))
		}
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// TagHash returns the hash under which a tag is indexed: the first 8 bytes, big-endian, of the SHA-256 of the letter and
// the value. Tags that share a hash are told apart by a look at the tags themselves.
func TagHash(letter byte, value string) int64 {
	return hash64(append([]byte{letter}, value...))
}

func hash64(b []byte) int64 {
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// hasTag reports whether a tag of that name has one of the values as its first.
func (e *Event) hasTag(name byte, values []string) bool {
	for r := readTags(e.Tags); r.nextTag(); {
		if s, _ := r.nextString(); len(s) != 1 || s[0] != name {
			continue
		}
		value, ok := r.nextString()
		if ok && slices.ContainsFunc(values, func(v string) bool { return v == string(value) }) {
			return true
		}
	}
	return false
}
