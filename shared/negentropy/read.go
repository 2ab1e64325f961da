package negentropy

import "github.com/bigbrotr/bigbrotr-go/shared/event"

// version1 is the first byte of every message; the versions of the protocol are 0x60 to 0x6f.
const version1 = 0x61

// mode is what a range says.
type mode uint64

const (
	modeSkip mode = iota
	modeFingerprint
	modeIDs
)

const idBytes = len(event.ID{})

// span is one range of a message. Its ids are a part of the message, not a copy.
type span struct {
	upper bound
	mode  mode
	print fingerprint
	ids   []byte // whole ids, one after the other
}

// reader takes a message apart.
type reader struct {
	rest []byte
	last bound
}

// next returns the next range; the caller checks that some bytes are left.
func (r *reader) next() (s span, err error) {
	if s.upper, err = r.bound(); err != nil {
		return s, err
	}
	if s.upper.below(&r.last) {
		return s, malformed("a bound that goes back")
	}
	r.last = s.upper
	m, err := r.varint()
	if err != nil {
		return s, err
	}
	switch s.mode = mode(m); s.mode {
	case modeSkip:
	case modeFingerprint:
		var text []byte
		text, err = r.take(uint64(len(s.print)))
		copy(s.print[:], text)
	case modeIDs:
		s.ids, err = r.ids()
	default:
		err = malformed("an unknown mode")
	}
	return s, err
}

func (r *reader) ids() ([]byte, error) {
	n, err := r.varint()
	if err != nil {
		return nil, err
	}
	if n > uint64(len(r.rest)/idBytes) {
		return nil, malformed("more ids than bytes")
	}
	return r.take(n * uint64(idBytes))
}

func (r *reader) bound() (b bound, err error) {
	if b.time, err = r.time(); err != nil {
		return b, err
	}
	n, err := r.varint()
	if err != nil {
		return b, err
	}
	if n > uint64(idBytes) || n > 0 && b.time == endless {
		return b, malformed("a bound with too long an id")
	}
	prefix, err := r.take(n)
	b.length = copy(b.prefix[:], prefix)
	return b, err
}

func (r *reader) time() (uint64, error) {
	delta, err := r.varint()
	if err != nil || delta == 0 {
		return endless, err
	}
	delta--
	if delta >= endless-r.last.time {
		return 0, malformed("a bound beyond the end of time")
	}
	return r.last.time + delta, nil
}

// varint reads base 128, highest digit first.
func (r *reader) varint() (n uint64, err error) {
	for i, digit := range r.rest {
		if n > endless>>7 {
			return 0, malformed("a number of more than 64 bits")
		}
		n = n<<7 | uint64(digit&0x7f)
		if digit < 0x80 {
			r.rest = r.rest[i+1:]
			return n, nil
		}
		if i+1 == maxVarint {
			break
		}
	}
	return 0, malformed("a number without end")
}

func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.rest)) {
		return nil, malformed("too few bytes")
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text, nil
}
