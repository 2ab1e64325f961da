package event

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape reads the escape sequence at the start of b and returns what it stands for and its length, 0 if malformed. A
// surrogate without its partner is returned as itself.
func unescape(b []byte) (rune, int) {
	if len(b) < 2 {
		return 0, 0
	}
	if b[1] != 'u' {
		return shortMeaning(b[1])
	}
	r := hex4(b)
	if r < 0 {
		return 0, 0
	}
	if pair := utf16.DecodeRune(r, hex4(b[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return r, 6
}

// hex4 returns the value of a \uxxxx at the start of b, in either case, and -1 if there is none.
func hex4(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		if c >= 'A' && c <= 'F' {
			c += 'a' - 'A'
		}
		if hexValue[c] > 15 {
			return -1
		}
		r = r<<4 | rune(hexValue[c])
	}
	return r
}

// shortMeaning returns what a backslash followed by c stands for, and the length 2, or 0 if nothing.
func shortMeaning(c byte) (rune, int) {
	switch c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	return 0, 0
}

// shortEscape returns the byte that follows the backslash for the seven characters that NIP-01 escapes, and 0 for others.
func shortEscape(r rune) byte {
	switch r {
	case '"', '\\':
		return byte(r)
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}

// appendForm rewrites the JSON text of tags or content in the form f, without white space between tokens. It reports
// whether the form can hold the text.
func appendForm(dst, text []byte, f form) ([]byte, bool) {
	if f == verbatim {
		return append(dst, text...), true
	}
	ok := true
	for i := 0; i < len(text) && ok; {
		switch c := text[i]; {
		case c == '"':
			n := literalLen(text[i:])
			dst, ok = appendLiteral(dst, text[i:i+n], f)
			i += n
		case isSpace(c):
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst, ok
}

// literalLen returns the length of the string at the start of text, quotes included.
func literalLen(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// appendLiteral rewrites one string, which comes with its quotes, in the form f.
func appendLiteral(dst, literal []byte, f form) ([]byte, bool) {
	if f == wire {
		return append(dst, literal...), true
	}
	if len(literal) < 2 {
		return dst, false
	}
	text := literal[1 : len(literal)-1]
	dst = append(dst, '"')
	for n := copied(text); n < len(text); n = copied(text) {
		dst = append(dst, text[:n]...)
		text = text[n:]
		r, n := rune(text[0]), 1
		if r == '\\' {
			r, n = unescape(text)
		}
		if n == 0 || (f == letter && utf16.IsSurrogate(r)) {
			return dst, false
		}
		dst = appendRune(dst, r, f)
		text = text[n:]
	}
	return append(append(dst, text...), '"'), true
}

// copied returns how many bytes at the start of text every form writes as they are.
func copied[T string | []byte](text T) int {
	n := 0
	for n < len(text) && plain[text[n]] && text[n] != 0x7f {
		n++
	}
	return n
}

// appendRune writes one character, in the form f, inside a string.
func appendRune(dst []byte, r rune, f form) []byte {
	if c := shortEscape(r); c != 0 {
		return append(dst, '\\', c)
	}
	surrogate := utf16.IsSurrogate(r)
	switch {
	case f == stored && (r == 0 || surrogate):
		return utf8.AppendRune(dst, utf8.RuneError)
	case f == letter, r >= 0x20 && r != 0x7f && !surrogate, r == 0x7f && f != strfry:
		return utf8.AppendRune(dst, r)
	}
	return appendUnicodeEscape(dst, r)
}

// appendUnicodeEscape writes \uxxxx in lower case.
func appendUnicodeEscape(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// appendQuoted writes a Go string as a string in the form f. Bytes that are not UTF-8 become U+FFFD.
func appendQuoted(dst []byte, text string, f form) []byte {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, string(utf8.RuneError))
	}
	dst = append(dst, '"')
	for n := copied(text); n < len(text); n = copied(text) {
		dst = appendRune(append(dst, text[:n]...), rune(text[n]), f)
		text = text[n+1:]
	}
	return append(append(dst, text...), '"')
}

// decoded returns the characters of a string that comes with its quotes: a part of it where nothing is escaped, and new
// bytes otherwise. A surrogate without its partner becomes U+FFFD.
func decoded(literal []byte) []byte {
	if len(literal) < 2 {
		return nil
	}
	text := literal[1 : len(literal)-1]
	next := bytes.IndexByte(text, '\\')
	if next < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for next >= 0 {
		r, n := unescape(text[next:])
		if n == 0 { // not from a scanner; drop the stray backslash
			r, n = utf8.RuneError, 1
		}
		out = utf8.AppendRune(append(out, text[:next]...), r)
		text = text[next+n:]
		next = bytes.IndexByte(text, '\\')
	}
	return append(out, text...)
}
