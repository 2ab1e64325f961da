package relay

import "strings"

var schemes = []string{"wss://", "ws://", "https://", "http://"}

// splitURLs finds the URLs of a text that holds more than a bare host. Words without a scheme beside URLs are dropped;
// a text without any scheme is split at commas alone.
func splitURLs(s string) []string {
	if !strings.Contains(s, "://") {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
	}
	var out []string
	for word := range strings.FieldsFuncSeq(s, isSeparator) {
		if strings.Contains(word, "://") {
			out = appendRunTogether(out, word)
		}
	}
	return out
}

func isSeparator(r rune) bool { return r <= ' ' && r != 0 || strings.ContainsRune(",;\"'<>|`", r) }

// appendRunTogether cuts `wss://a/wss://b` before each further scheme. A piece that is nothing but a scheme, as in
// `wss://https://h`, is dropped.
func appendRunTogether(out []string, word string) []string {
	for word != "" {
		head := leadingScheme(word)
		next := nextScheme(word[head:])
		piece := word
		if next >= 0 && (head > 0 || next == 0 || !isSchemeByte(word[next-1])) {
			piece = word[:head+next]
		}
		word = word[len(piece):]
		if len(piece) > head || word == "" {
			out = append(out, piece)
		}
	}
	return out
}

// isSchemeByte keeps an unknown scheme that ends like ours (`wws://`, `git+https://`) in one piece.
func isSchemeByte(c byte) bool { return unreserved(c) || c == '+' }

func leadingScheme(s string) int {
	for _, scheme := range schemes {
		if hasPrefixFold(s, scheme) {
			return len(scheme)
		}
	}
	return 0
}

// nextScheme is where the next known scheme begins, or -1.
func nextScheme(s string) int {
	for from := 0; ; {
		mark := strings.Index(s[from:], "://")
		if mark < 0 {
			return -1
		}
		mark += from
		for _, scheme := range schemes {
			if at := mark + len("://") - len(scheme); at >= 0 && hasPrefixFold(s[at:], scheme) {
				return at
			}
		}
		from = mark + len("://")
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
