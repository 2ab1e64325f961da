package relay

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parser reads relay URLs that strangers wrote. The zero Parser refuses every local and reserved host.
type Parser struct {
	// Allow opens ranges of reserved addresses to literal addresses, and `localhost` when it holds a loopback address
	// (RELAY_ALLOW_CIDRS). Names are never opened.
	Allow []netip.Prefix
}

// Anywhere reads URLs at any address. It is for relays that we or a person named, and for looking something up: which addresses
// are dialled is decided when they are.
var Anywhere = Parser{Allow: prefixes("0.0.0.0/0", "::/0")}

var defaultPort = map[string]string{"ws": "80", "wss": "443"}

// Parse makes a relay URL canonical. Surrounding white space (percent-encoded at the end, too), userinfo, query and
// fragment are dropped; what is left either has exactly one canonical form or is refused with a *URLError.
// Parse(Parse(s)) == Parse(s).
func (p Parser) Parse(s string) (URL, error) {
	s = trim(s)
	if err := checkText(s); err != nil {
		return "", err
	}
	scheme, rest, err := cutScheme(s)
	if err != nil {
		return "", err
	}
	authority, path := cutAuthority(rest)
	if user, after, ok := cutLast(authority, "@"); ok {
		if scheme == "" {
			return "", refuse(ReasonScheme) // without a scheme, `name@host` is an address of a person
		}
		_, authority = user, after
	}
	host, port := splitPort(authority)
	if host, err = p.host(host); err != nil {
		return "", err
	}
	if scheme == "" {
		scheme = bareScheme(host)
	}
	if port, err = canonicalPort(port, scheme); err != nil {
		return "", err
	}
	if path, err = canonicalPath(path); err != nil {
		return "", err
	}
	if len(scheme)+len("://")+len(host)+len(port)+len(path) > MaxURL {
		return "", refuse(ReasonTooLong)
	}
	return URL(scheme + "://" + host + port + path), nil
}

func trim(s string) string {
	for {
		s = strings.Trim(s, " \t\r\n\v\f\ufeff\u00a0")
		n := len(s) - len("%20")
		if n < 0 || !isEncodedSpace(s[n:]) {
			return s
		}
		s = s[:n]
	}
}

func isEncodedSpace(s string) bool {
	switch strings.ToUpper(s) {
	case "%20", "%09", "%0A", "%0D":
		return true
	}
	return false
}

func checkText(s string) error {
	switch {
	case s == "":
		return refuse(ReasonEmpty)
	case len(s) > MaxURL:
		return refuse(ReasonTooLong)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, isForbidden):
		return refuse(ReasonCharacter)
	}
	return nil
}

// isForbidden holds for what no URL contains raw: control characters, white space, backslash, and the invisible runes
// that make two different texts look alike.
func isForbidden(r rune) bool {
	return r <= ' ' || r == '\\' || r >= 0x7f && r <= 0xa0 || r >= 0x2000 && r <= 0x200f || r >= 0x2028 && r <= 0x202f ||
		r >= 0x205f && r <= 0x206f || r == 0x3000 || r == 0xfeff || r == utf8.RuneError
}

func cutScheme(s string) (scheme, rest string, err error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		return "", s, nil
	}
	switch strings.ToLower(scheme) {
	case "ws", "http":
		return "ws", rest, nil
	case "wss", "https":
		return "wss", rest, nil
	}
	return "", "", refuse(ReasonScheme)
}

func bareScheme(host string) string {
	if networkOf(host) == Clearnet {
		return "wss"
	}
	return "ws"
}

func cutAuthority(s string) (authority, path string) {
	if cut := strings.IndexAny(s, "?#"); cut >= 0 {
		s = s[:cut]
	}
	if slash := strings.IndexByte(s, '/'); slash >= 0 {
		return s[:slash], s[slash:]
	}
	return s, ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

func canonicalPort(port, scheme string) (string, error) {
	if port == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || !only(port, "0123456789") {
		return "", refuse(ReasonPort)
	}
	if port = strconv.FormatUint(n, 10); port == defaultPort[scheme] {
		return "", nil
	}
	return ":" + port, nil
}
