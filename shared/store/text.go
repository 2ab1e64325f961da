package store

import (
	"strings"
	"unicode/utf8"
)

// Limits of columns, in bytes; the schema enforces the same ones.
const (
	maxURL       = 2048
	minURL       = 6
	maxToken     = 64   // reasons and sources, vantages
	maxName      = 32   // names of checks, jobs, outcomes and documents
	maxRelayText = 1024 // a relay's own words
	maxReason    = 256  // of quarantine
)

// plain makes a stranger's text one that Postgres takes: NUL and what is no UTF-8 become U+FFFD.
func plain(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\ufffd"), "\ufffd")
}

// cut shortens s to at most n bytes without splitting a rune.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// short is plain text of at most n bytes.
func short(s string, n int) string { return cut(plain(s), n) }

// orNull returns nil for what means "none": the empty string or 0.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// isURL says whether a string can be a relay's identity. Workers send canonical URLs; this only keeps out what the
// schema would refuse or what no relay can be.
func isURL(url string) bool {
	return len(url) >= minURL && len(url) <= maxURL &&
		(strings.HasPrefix(url, "wss://") || strings.HasPrefix(url, "ws://")) &&
		strings.IndexFunc(url, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0
}
