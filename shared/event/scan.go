package event

// marks are what a scan noticed about the text it passed.
type marks uint8

const (
	spaced  marks = 1 << iota // white space between tokens
	escaped                   // an escape that NIP-01 would not write
	raw                       // a control character outside of any escape (lax scanners only)
)

// scanner reads JSON strictly, in one pass, without copying. The first failure sticks: after it every method returns at
// once, so callers look at err once, at the end.
type scanner struct {
	buf  []byte
	pos  int
	seen marks
	lax  bool // strings may hold the raw control characters of a letter preimage
	err  *Error
}

// fail records the first failure.
func (s *scanner) fail(reason Reason, detail string) {
	if s.err == nil {
		s.err = &Error{reason, detail}
	}
}

// peek returns the next byte, and 0 at the end; a NUL is no token of JSON, so the two need no telling apart.
func (s *scanner) peek() byte {
	if s.pos < len(s.buf) {
		return s.buf[s.pos]
	}
	return 0
}

// expect passes one byte.
func (s *scanner) expect(c byte, reason Reason, detail string) bool {
	if s.err == nil && s.peek() == c {
		s.pos++
		return true
	}
	s.fail(reason, detail)
	return false
}

// space passes JSON's four kinds of white space.
func (s *scanner) space() {
	for isSpace(s.peek()) {
		s.seen |= spaced
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// end demands that nothing but white space is left.
func (s *scanner) end() {
	s.space()
	if s.pos != len(s.buf) {
		s.fail(BadJSON, "trailing bytes")
	}
}

// literal passes one string and returns it with its quotes.
func (s *scanner) literal() []byte {
	start := s.pos
	if !s.expect('"', BadShape, "want a string") {
		return nil
	}
	for {
		rest := s.buf[s.pos:]
		n := 0
		for n < len(rest) && plain[rest[n]] {
			n++
		}
		s.pos += n
		switch s.peek() {
		case '"':
			s.pos++
			return s.buf[start:s.pos]
		case '\\':
			s.escape()
		default:
			s.control()
		}
		if s.err != nil {
			return nil
		}
	}
}

// plain are the bytes that a string may hold as they are.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return table
}()

// escape passes one escape sequence.
func (s *scanner) escape() {
	_, n := unescape(s.buf[s.pos:])
	if n == 0 {
		s.fail(BadJSON, "malformed escape")
		return
	}
	if n > 2 || s.buf[s.pos+1] == '/' {
		s.seen |= escaped
	}
	s.pos += n
}

// control passes one raw control character where the scanner is lax, and fails on it or on the end of the text otherwise.
func (s *scanner) control() {
	if !s.lax || s.pos == len(s.buf) || shortEscape(rune(s.buf[s.pos])) != 0 {
		s.fail(BadJSON, "unfinished string or raw control character")
		return
	}
	s.seen |= raw
	s.pos++
}

// list passes an array and calls item at the start of each element; item must pass it.
func (s *scanner) list(item func()) {
	if !s.expect('[', BadShape, "want an array") {
		return
	}
	s.space()
	if s.peek() == ']' {
		s.pos++
		return
	}
	for s.err == nil {
		s.space()
		item()
		s.space()
		if s.peek() == ']' {
			break
		}
		s.expect(',', BadJSON, "want a comma or the end of an array")
	}
	s.expect(']', BadJSON, "want the end of an array")
}

// members passes an object and calls visit with each decoded name, at the start of its value. visit must pass the value;
// if it returns false the scan ends there.
func (s *scanner) members(visit func(name []byte) bool) {
	s.space()
	if !s.expect('{', BadShape, "want an object") {
		return
	}
	s.space()
	if s.peek() == '}' {
		s.pos++
		return
	}
	for s.err == nil {
		name := s.name()
		if s.err != nil || !visit(name) {
			return
		}
		s.space()
		if s.peek() == '}' {
			break
		}
		s.expect(',', BadJSON, "want a comma or the end of an object")
	}
	s.expect('}', BadJSON, "want the end of an object")
}

// name passes a member's name and colon and returns the name decoded, so that an escaped "id" is still "id".
func (s *scanner) name() []byte {
	s.space()
	if s.peek() != '"' {
		s.fail(BadJSON, "want a member's name")
		return nil
	}
	literal := s.literal()
	s.space()
	s.expect(':', BadJSON, "want a colon")
	s.space()
	if s.err != nil {
		return nil
	}
	return decoded(literal)
}

// hex fills dst from a string of exactly as many lower-case hex digits.
func (s *scanner) hex(dst []byte, what string) {
	literal := s.literal()
	if s.err == nil && !decodeHex(dst, literal[1:len(literal)-1]) {
		s.fail(BadHex, what)
	}
}

// integer passes an integer from 0 to limit, which is far below 2^64-10. Signs, fractions, exponents and leading zeros
// are refused: the id hashes the digits, and only one spelling is NIP-01's.
func (s *scanner) integer(limit uint64, what string) uint64 {
	var value uint64
	start := s.pos
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		digit := uint64(c - '0')
		if value > (limit-digit)/10 || (value == 0 && s.pos > start) {
			s.fail(BadNumber, what)
			return 0
		}
		value = value*10 + digit
		s.pos++
	}
	switch c := s.peek(); {
	case c == '-' || c == '.' || c == 'e' || c == 'E':
		s.fail(BadNumber, what)
	case s.pos == start:
		s.fail(BadShape, what)
	}
	return value
}

// tags passes an array of arrays of strings, within the limits, and returns its text.
func (s *scanner) tags() []byte {
	start, count, elements := s.pos, 0, 0
	s.list(func() {
		if count++; count > MaxTags {
			s.fail(TooManyTags, "tags")
		}
		s.list(func() {
			if elements++; elements > MaxTagElements {
				s.fail(TooManyTags, "strings in tags")
			}
			s.literal()
		})
	})
	return s.buf[start:s.pos]
}
