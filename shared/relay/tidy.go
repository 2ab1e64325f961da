package relay

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tidy makes a stranger's words fit for rows, JSON, pages and terminals: valid UTF-8 of at most most bytes, cut at a
// character, with a space in place of every control character and of the marks that turn the direction of writing.
func Tidy(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), most+utf8.UTFMax)], "\uFFFD")
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, s)
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
