package subject

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	plainPrefix = "wss://"
	hashMark    = "__"
	stemBytes   = 64
	hashDigits  = 16
)

// Token turns a canonical relay URL into the one subject token that stands for it. A plain `wss://host` keeps its host
// with `.` as `_`, so that people can type it; any other URL carries a readable stem of at most 64 bytes, `__` and 16
// hex digits of the URL's SHA-256. A plain token never holds `__`, so the two forms cannot meet.
func Token(url string) string {
	if host, ok := strings.CutPrefix(url, plainPrefix); ok && plainHost(host) {
		return strings.ReplaceAll(host, ".", "_")
	}
	sum := sha256.Sum256([]byte(url))
	return stem(url) + hashMark + hex.EncodeToString(sum[:hashDigits/2])
}

// URLOfToken turns a plain token back into its URL. It answers false for a hashed token, which only a look-up among the
// known relays can undo, and for text that Token never returns.
func URLOfToken(token string) (url string, ok bool) {
	if strings.ContainsRune(token, '.') {
		return "", false
	}
	host := strings.ReplaceAll(token, "_", ".")
	if !plainHost(host) {
		return "", false
	}
	return plainPrefix + host, true
}

// plainHost says whether a host survives the trip through `.` ↔ `_`: a DNS name of two labels or more, without `_`,
// port or path, and not an IPv4 address.
func plainHost(host string) bool {
	labels := strings.Split(host, ".")
	if len(labels) < 2 || len(host) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || strings.ContainsFunc(label, notStem) {
			return false
		}
	}
	return strings.ContainsFunc(labels[len(labels)-1], notDigit)
}

func stem(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	out := []byte(url[:min(len(url), stemBytes)])
	for i, c := range out {
		if notStem(rune(c)) {
			out[i] = '_'
		}
	}
	return string(out)
}

func notStem(c rune) bool {
	return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
}

func notDigit(c rune) bool { return c < '0' || c > '9' }
