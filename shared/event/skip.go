package event

// maxDepth bounds how deep an unknown member may nest. The open containers are kept in a slice, one byte each, so depth
// costs no stack: generous, because a signed event must not be lost over what a relay added to it.
const maxDepth = 1 << 14

// skip passes one value of any type and checks its grammar.
func (s *scanner) skip() {
	open := make([]byte, 0, 64) // the closing bytes that are still owed
	for s.err == nil {
		s.space()
		switch c := s.peek(); c {
		case '[', '{':
			if open = s.enter(open); s.peek() != c+2 {
				continue
			}
		case '"':
			s.literal()
		default:
			s.scalar()
		}
		if open = s.leave(open); len(open) == 0 {
			return
		}
	}
}

// enter passes an opening bracket and, in an object that is not empty, the first name. In ASCII each closing bracket is
// two above its opening one.
func (s *scanner) enter(open []byte) []byte {
	if len(open) == maxDepth {
		s.fail(BadJSON, "nested too deep")
		return open
	}
	closing := s.peek() + 2
	s.pos++
	s.space()
	if closing == '}' && s.peek() != '}' {
		s.name()
	}
	return append(open, closing)
}

// leave passes what follows a value: closing brackets, or a comma and in an object the next name.
func (s *scanner) leave(open []byte) []byte {
	for len(open) > 0 && s.err == nil {
		s.space()
		closing := open[len(open)-1]
		if s.peek() == closing {
			s.pos++
			open = open[:len(open)-1]
			continue
		}
		if s.expect(',', BadJSON, "want a comma or a closing bracket") && closing == '}' {
			s.name()
		}
		return open
	}
	return open
}

// scalar passes a number, true, false or null.
func (s *scanner) scalar() {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(s.buf)-s.pos >= len(word) && string(s.buf[s.pos:s.pos+len(word)]) == word {
			s.pos += len(word)
			return
		}
	}
	s.number()
}

// number passes a number of JSON's grammar, whatever its size.
func (s *scanner) number() {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else {
		s.digits()
	}
	if s.peek() == '.' {
		s.pos++
		s.digits()
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		s.digits()
	}
}

// digits passes at least one digit.
func (s *scanner) digits() {
	start := s.pos
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.pos++
	}
	if s.pos == start {
		s.fail(BadJSON, "want a value")
	}
}
