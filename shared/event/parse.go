package event

import (
	"math"
	"unicode/utf8"
)

// Parse reads one event object and checks its shape, its limits and its id, but not its signature. Members that NIP-01
// does not name are passed over, as relays add their own; one of its seven twice is refused, because parsers differ on
// which of the two counts. The result does not alias data. Every error is an *Error.
func Parse(data []byte) (Event, error) {
	if len(data) > MaxBytes {
		return Event{}, &Error{TooLarge, "event"}
	}
	if !utf8.Valid(data) {
		return Event{}, &Error{BadUTF8, "event"}
	}
	p := parser{scanner: scanner{buf: data}}
	p.members(p.member)
	p.end()
	if p.err == nil && p.have != 1<<len(members)-1 {
		p.fail(BadShape, "missing member")
	}
	if p.err == nil {
		p.identify()
	}
	if p.err != nil {
		return Event{}, p.err
	}
	return p.event, nil
}

// ScanID returns the id that an event object states, without reading more of it than needed: the cheap question "do we
// know this one?" before the dear ones. It is what Parse returns wherever Parse succeeds, and a mere claim elsewhere.
func ScanID(data []byte) (ID, bool) {
	var id ID
	if len(data) > MaxBytes {
		return ID{}, false
	}
	found := false
	s := scanner{buf: data}
	s.members(func(name []byte) bool {
		if found = string(name) == "id"; found {
			s.hex(id[:], "id")
		} else {
			s.skip()
		}
		return !found
	})
	if !found || s.err != nil {
		return ID{}, false
	}
	return id, true
}

// members are the seven that NIP-01 names, each with the step that reads its value.
var members = [...]struct {
	name string
	read func(*parser)
}{
	{"id", func(p *parser) { p.hex(p.event.ID[:], "id") }},
	{"pubkey", func(p *parser) { p.hex(p.event.PubKey[:], "pubkey") }},
	{"created_at", func(p *parser) { p.event.CreatedAt = int64(p.integer(math.MaxInt64, "created_at")) }},
	{"kind", func(p *parser) { p.event.Kind = uint16(p.integer(math.MaxUint16, "kind")) }},
	{"tags", func(p *parser) { p.marked(&p.tagsText, p.tags) }},
	{"content", func(p *parser) { p.marked(&p.contentText, p.literal) }},
	{"sig", func(p *parser) { p.hex(p.event.Sig[:], "sig") }},
}

// parser is a scanner that fills an event.
type parser struct {
	scanner
	event       Event
	have        uint8 // one bit for each of members
	signed      marks // what tags and content hold
	tagsText    []byte
	contentText []byte
}

// member reads one member of the event object.
func (p *parser) member(name []byte) bool {
	for i := range members {
		if members[i].name != string(name) {
			continue
		}
		if p.have&(1<<i) != 0 {
			p.fail(BadShape, "duplicate member")
			return false
		}
		p.have |= 1 << i
		members[i].read(p)
		return true
	}
	p.skip()
	return true
}

// marked reads a signed text and remembers what it holds.
func (p *parser) marked(text *[]byte, read func() []byte) {
	p.seen = 0
	*text = read()
	p.signed |= p.seen
}
