package event

import (
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MaxFilterBytes bounds the JSON of one filter.
const MaxFilterBytes = 256 << 10

// MaxFilterValues bounds the values in all lists of one filter together.
const MaxFilterValues = 5_000

// ParseFilter reads one filter object, strictly: a member that we do not know, a tag that is no single letter, one member
// twice, a negative number or an over-long list is an *Error, because to ignore it would answer another question.
func ParseFilter(data []byte) (Filter, error) {
	if len(data) > MaxFilterBytes {
		return Filter{}, &Error{TooLarge, "filter"}
	}
	if !utf8.Valid(data) {
		return Filter{}, &Error{BadUTF8, "filter"}
	}
	p := filterParser{scanner: scanner{buf: data}, names: map[string]bool{}}
	p.members(p.member)
	p.end()
	if p.err != nil {
		return Filter{}, p.err
	}
	return p.filter, nil
}

// UnmarshalJSON reads what ParseFilter does.
func (f *Filter) UnmarshalJSON(data []byte) (err error) {
	*f, err = ParseFilter(data)
	return err
}

// filterParser is a scanner that fills a filter.
type filterParser struct {
	scanner
	filter Filter
	names  map[string]bool
	values int
}

// member reads one member of the filter object.
func (p *filterParser) member(name []byte) bool {
	if p.names[string(name)] {
		p.fail(BadShape, "duplicate member")
		return false
	}
	p.names[string(name)] = true
	f := &p.filter
	switch string(name) {
	case "ids":
		p.array(func() { f.IDs = append(f.IDs, ID(p.hex32("ids"))) })
	case "authors":
		p.array(func() { f.Authors = append(f.Authors, PubKey(p.hex32("authors"))) })
	case "kinds":
		p.array(func() { f.Kinds = append(f.Kinds, uint16(p.integer(math.MaxUint16, "kinds"))) })
	case "since":
		f.Since = p.seconds("since")
	case "until":
		f.Until = p.seconds("until")
	case "limit":
		limit := int(p.integer(math.MaxInt32, "limit"))
		f.Limit = &limit
	case "search":
		f.Search = string(decoded(p.literal()))
	default:
		p.tag(name)
	}
	return p.err == nil
}

// tag reads the values of a member such as #e.
func (p *filterParser) tag(name []byte) {
	if len(name) != 2 || name[0] != '#' || !isLetter(name[1]) {
		p.fail(BadShape, "unknown member")
		return
	}
	var values []string
	p.array(func() { values = append(values, string(decoded(p.literal()))) })
	if len(values) == 0 {
		return
	}
	if p.filter.Tags == nil {
		p.filter.Tags = map[byte][]string{}
	}
	p.filter.Tags[name[1]] = values
}

// array passes a list and counts its values against the bound.
func (p *filterParser) array(item func()) {
	p.list(func() {
		if p.values++; p.values > MaxFilterValues {
			p.fail(TooLarge, "values in a filter")
			return
		}
		item()
	})
}

func (p *filterParser) hex32(what string) (b [32]byte) {
	p.hex(b[:], what)
	return b
}

func (p *filterParser) seconds(what string) *int64 {
	v := int64(p.integer(math.MaxInt64, what))
	return &v
}

// MarshalJSON writes the members that are set, and no empty list, in NIP-01's order.
func (f Filter) MarshalJSON() ([]byte, error) {
	w := jsonWriter{buf: []byte{'{'}}
	w.ids(f.IDs)
	w.authors(f.Authors)
	w.kinds(f.Kinds)
	for _, letter := range slices.Sorted(maps.Keys(f.Tags)) {
		w.strings("#"+string(rune(letter)), f.Tags[letter])
	}
	w.number("since", f.Since)
	w.number("until", f.Until)
	if f.Limit != nil {
		limit := int64(*f.Limit)
		w.number("limit", &limit)
	}
	w.search(f.Search)
	return append(w.buf, '}'), nil
}

// jsonWriter writes the members of one object, each only if it is set.
type jsonWriter struct{ buf []byte }

// name writes a member's name, after a comma where one is due.
func (w *jsonWriter) name(name string) {
	if len(w.buf) > 1 {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(appendQuoted(w.buf, name, stringify), ':')
}

// writeList writes a list member whose values are written by item.
func writeList[T any](w *jsonWriter, name string, list []T, item func(T)) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.buf = append(w.buf, '[')
	for i, v := range list {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		item(v)
	}
	w.buf = append(w.buf, ']')
}

func (w *jsonWriter) hex(b []byte) {
	w.buf = append(hex.AppendEncode(append(w.buf, '"'), b), '"')
}

func (w *jsonWriter) ids(list []ID) { writeList(w, "ids", list, func(id ID) { w.hex(id[:]) }) }

func (w *jsonWriter) authors(list []PubKey) {
	writeList(w, "authors", list, func(p PubKey) { w.hex(p[:]) })
}

func (w *jsonWriter) kinds(list []uint16) {
	writeList(w, "kinds", list, func(k uint16) { w.buf = strconv.AppendUint(w.buf, uint64(k), 10) })
}

func (w *jsonWriter) strings(name string, list []string) {
	writeList(w, name, list, func(s string) { w.buf = appendQuoted(w.buf, s, stringify) })
}

func (w *jsonWriter) number(name string, v *int64) {
	if v != nil {
		w.name(name)
		w.buf = strconv.AppendInt(w.buf, *v, 10)
	}
}

func (w *jsonWriter) search(text string) {
	if text != "" {
		w.name("search")
		w.buf = appendQuoted(w.buf, text, stringify)
	}
}
