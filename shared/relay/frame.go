package relay

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxFrameArgs is how many elements after the label are kept; more are scanned and dropped.
const maxFrameArgs = 3

// maxFrameDepth bounds the nesting inside a frame. An event has three levels of its own, and members that a relay added
// may have any number: package event decides what is too deep, so this must be more.
const maxFrameDepth = 1 << 15

var errFrame = errors.New("scan frame: not a JSON array that begins with a label")

// Frame is one message of a relay (NIP-01): its label and its elements as raw JSON, which alias the scanned bytes.
type Frame struct {
	Label string // EVENT, EOSE, CLOSED, NOTICE, AUTH, OK, COUNT, NEG-MSG, NEG-ERR, NEG-ERROR; "" for any other
	Args  [maxFrameArgs][]byte
	N     int // how many elements follow the label, also beyond maxFrameArgs
}

// ScanFrame cuts a message into its elements without copying. It finds where each element ends and checks no more of
// their inside than that takes, so whoever uses an element parses it strictly. Whatever is valid JSON and a labelled
// array is accepted, with white space around it; what is cut short, nested deeper than 32,768 levels or followed by more
// is an error.
func ScanFrame(b []byte) (Frame, error) {
	s := frameScanner{b: b}
	s.space()
	if !s.take('[') {
		return Frame{}, errFrame
	}
	label := s.element()
	if len(label) < 2 || label[0] != '"' {
		return Frame{}, errFrame
	}
	f := Frame{Label: knownLabel(label)}
	for s.comma() {
		arg := s.element()
		if arg == nil {
			return Frame{}, errFrame
		}
		if f.N < maxFrameArgs {
			f.Args[f.N] = arg
		}
		f.N++
	}
	if !s.take(']') {
		return Frame{}, errFrame
	}
	if s.space(); s.pos != len(b) {
		return Frame{}, errFrame
	}
	return f, nil
}

func knownLabel(quoted []byte) string {
	for _, label := range [...]string{"EVENT", "EOSE", "CLOSED", "NOTICE", "AUTH", "OK", "COUNT", "NEG-MSG", "NEG-ERR", "NEG-ERROR"} {
		if string(quoted[1:len(quoted)-1]) == label {
			return label
		}
	}
	return ""
}

// Is says whether argument i is the given text as a JSON string.
func (f *Frame) Is(i int, text string) bool {
	arg := f.Args[i]
	if len(arg) == len(text)+2 && arg[0] == '"' && string(arg[1:len(arg)-1]) == text {
		return true
	}
	return bytes.IndexByte(arg, '\\') >= 0 && f.Text(i) == text
}

// Text is argument i as a string, "" when it is none.
func (f *Frame) Text(i int) string {
	var text string
	if arg := f.Args[i]; len(arg) == 0 || arg[0] != '"' || json.Unmarshal(arg, &text) != nil {
		return ""
	}
	return text
}

// frameScanner walks over JSON by its brackets and strings. Its methods return nil or false at the end of the bytes.
type frameScanner struct {
	b   []byte
	pos int
}

func (s *frameScanner) space() {
	for s.pos < len(s.b) && isJSONSpace(s.b[s.pos]) {
		s.pos++
	}
}

func isJSONSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func (s *frameScanner) take(c byte) bool {
	if s.pos < len(s.b) && s.b[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *frameScanner) comma() bool {
	s.space()
	return s.take(',')
}

func (s *frameScanner) element() []byte {
	s.space()
	start := s.pos
	if start == len(s.b) {
		return nil
	}
	ok := false
	switch s.b[start] {
	case '"':
		ok = s.text()
	case '{', '[':
		ok = s.nested()
	default:
		ok = s.scalar()
	}
	if end := s.pos; ok {
		s.space()
		return s.b[start:end:end]
	}
	return nil
}

func (s *frameScanner) text() bool {
	for from := s.pos + 1; ; {
		quote := bytes.IndexByte(s.b[from:], '"')
		if quote < 0 {
			return false
		}
		quote += from
		escapes := 0
		for s.b[quote-1-escapes] == '\\' {
			escapes++
		}
		if from = quote + 1; escapes%2 == 0 {
			s.pos = from
			return true
		}
	}
}

// nested walks to the bracket that closes the one at pos. The stack is one bit a level, set for an object; below 64 levels
// brackets are only counted.
func (s *frameScanner) nested() bool {
	var objects uint64
	for depth := 0; s.pos < len(s.b); {
		switch c := s.b[s.pos]; c {
		case '"':
			if !s.text() {
				return false
			}
			continue
		case '{', '[':
			if depth++; depth > maxFrameDepth {
				return false
			}
			if depth <= 64 {
				objects <<= 1
				if c == '{' {
					objects |= 1
				}
			}
		case '}', ']':
			if depth <= 64 {
				if (c == '}') != (objects&1 == 1) {
					return false
				}
				objects >>= 1
			}
			if depth--; depth == 0 {
				s.pos++
				return true
			}
		}
		s.pos++
	}
	return false
}

func (s *frameScanner) scalar() bool {
	start := s.pos
	for s.pos < len(s.b) && s.b[s.pos] != ',' && s.b[s.pos] != ']' && !isJSONSpace(s.b[s.pos]) {
		if c := s.b[s.pos]; c == '"' || c == '{' || c == '[' || c == '}' {
			return false
		}
		s.pos++
	}
	return s.pos > start
}
