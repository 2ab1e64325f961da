package synchronizer

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// parseFilters reads SYNC_FILTERS; file names it in errors.
func parseFilters(file string, text []byte) ([]event.Filter, error) {
	var filters []event.Filter
	m := parseList(file, text, "filters", func(v value) { filters = v.filters() })
	if m == nil && filters == nil {
		return nil, fmt.Errorf("decode %s: got no filter, want 1..%d; - {} is the one that selects everything", file, maxFilters)
	}
	return filters, m
}

// filters reads a list of filters.
func (v value) filters() []event.Filter {
	var all []event.Filter
	first := map[string]int{}
	outside := v
	outside.where = strings.TrimSuffix(strings.TrimSuffix(v.where, "filters"), ": ") // "filter 2" says it already
	v.list(1, maxFilters, func(i int, node *yaml.Node) {
		one := outside.inside(node, fmt.Sprintf("filter %d", i+1))
		told := one.count
		filter := one.filter()
		identity := filter.Canonical()
		switch before, twice := first[identity]; {
		case one.count > told: // what is left of it says nothing
		case len(identity) > maxFilter:
			one.wrong("got %d bytes of JSON, want at most %d; divide it into several", len(identity), maxFilter)
		case twice:
			one.wrong("it selects the same as filter %d; remove one", before)
		default:
			first[identity] = i + 1
		}
		all = append(all, filter)
	})
	return all
}

// refused are keys of NIP-01 and NIP-50 that no filter of the list may have, and why.
var refused = map[string]string{
	"since":  "remove it: walks choose it themselves; SYNC_START, or start of an override, says how far back they go",
	"until":  "remove it: walks choose it themselves, up to now",
	"limit":  "remove it: walks choose it themselves; SYNC_PAGE_LIMIT, or page_limit of an override, bounds it",
	"search": "remove it: relays rank and cut what they find (NIP-50), so that no answer proves that nothing is missing",
}

// filter reads one filter.
func (v value) filter() event.Filter {
	f := event.Filter{}
	v.record(func(key string, member value) bool {
		why, no := refused[key]
		switch {
		case no:
			member.wrong("%s", why)
		case key == "ids":
			f.IDs = values(member, "64 lower-case hex digits, note1… or nevent1…", event.DecodeID)
		case key == "authors":
			f.Authors = values(member, "64 lower-case hex digits, npub1… or nprofile1…", event.DecodePubKey)
		case key == "kinds":
			f.Kinds = member.kinds()
		case len(key) == 2 && key[0] == '#' && isLetter(key[1]):
			if f.Tags == nil {
				f.Tags = map[byte][]string{}
			}
			f.Tags[key[1]] = member.tags(key[1])
		default:
			return false
		}
		return true
	})
	return f
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// values reads a list of ids or authors. A wrong one is not shown: it may be a secret key by mistake.
func values[T any](v value, want string, decode func(string) (T, error)) []T {
	var all []T
	v.list(1, event.MaxFilterValues, func(i int, node *yaml.Node) {
		one := v.inside(node, fmt.Sprint(i+1))
		if text, ok := one.text(); ok {
			got, err := decode(text)
			if err != nil {
				one.wrong("it is something else, want %s", want)
			}
			all = append(all, got)
		}
	})
	return all
}

func (v value) kinds() []uint16 {
	var all []uint16
	v.list(1, event.MaxFilterValues, func(i int, node *yaml.Node) {
		if kind := v.inside(node, fmt.Sprint(i+1)).whole(0, 65535); kind != nil {
			all = append(all, uint16(*kind))
		}
	})
	return all
}

// tags reads the values of a tag. Relays refuse a REQ whose #e or #p is not lower-case hex (NIP-01).
func (v value) tags(letter byte) []string {
	var all []string
	switch letter {
	case 'e':
		for _, id := range values(v, "64 lower-case hex digits, note1… or nevent1…", event.DecodeID) {
			all = append(all, id.String())
		}
		return all
	case 'p':
		for _, author := range values(v, "64 lower-case hex digits, npub1… or nprofile1…", event.DecodePubKey) {
			all = append(all, author.String())
		}
		return all
	}
	v.list(1, event.MaxFilterValues, func(i int, node *yaml.Node) {
		one := v.inside(node, fmt.Sprint(i+1))
		if text, ok := one.text(); ok {
			if len(text) > maxTagValue {
				one.wrong("got %d bytes, want at most %d", len(text), maxTagValue)
			}
			all = append(all, text)
		}
	})
	return all
}
