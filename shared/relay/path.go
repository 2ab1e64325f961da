package relay

import (
	"strings"
)

const upperHex = "0123456789ABCDEF"

// canonicalPath resolves dot segments, removes empty segments and the trailing slash, and writes percent-encoding in the
// one form of RFC 3986, section 6.2.2. A path that hides a second URL, a list or a control character is refused:
// dropping it would make two different relays one.
func canonicalPath(path string) (string, error) {
	var out []string
	for segment := range strings.SplitSeq(path, "/") {
		segment, ok := canonicalSegment(segment)
		switch {
		case !ok:
			return "", refuse(ReasonPath)
		case segment == "" || segment == ".":
		case segment == "..":
			out = out[:max(len(out)-1, 0)]
		default:
			out = append(out, "/"+segment)
		}
	}
	if strings.Contains(path, "://") {
		return "", refuse(ReasonPath)
	}
	return strings.Join(out, ""), nil
}

func canonicalSegment(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		encoded := c == '%'
		if encoded {
			if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
				return "", false
			}
			c = byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		}
		switch {
		case c <= ' ' || c == 0x7f || c == '\\' || c == ',':
			return "", false
		case unreserved(c) || !encoded && strings.IndexByte("!$&'()*+;=:@", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String(), true
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func unhex(c byte) int { return strings.IndexByte(upperHex, upper(c)) }

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}
