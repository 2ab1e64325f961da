package event

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
)

// Kinds that policy turns on.
const (
	KindDeletion = 5     // NIP-09
	KindVanish   = 62    // NIP-62
	KindGiftWrap = 1059  // NIP-59
	KindAuth     = 22242 // NIP-42: a credential, never to be stored or shown
)

// values yields the first value of every tag of a name.
func (e *Event) values(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for r := readTags(e.Tags); r.nextTag(); {
			if s, _ := r.nextString(); string(s) != name {
				continue
			}
			if value, ok := r.nextString(); ok && !yield(string(value)) {
				return
			}
		}
	}
}

// mayName says whether a tag may have a name, at a glance: an escape may spell it otherwise.
func (e *Event) mayName(name string) bool {
	return bytes.Contains(e.Tags, []byte(`["`+name+`"`)) || bytes.IndexByte(e.Tags, '\\') >= 0
}

// maxExpiration bounds the digits of a time that is taken for one.
const maxExpiration = 18

// Expiration returns the earliest time that an expiration tag names (NIP-40), in unix seconds.
func (e *Event) Expiration() (at int64, ok bool) {
	if !e.mayName("expiration") {
		return 0, false
	}
	for value := range e.values("expiration") {
		if len(value) > maxExpiration || strings.Trim(value, "0123456789") != "" {
			continue
		}
		if seconds, err := strconv.ParseInt(value, 10, 64); err == nil && (!ok || seconds < at) {
			at, ok = seconds, true
		}
	}
	return at, ok
}

// Protected says whether only the author may spread the event (NIP-70: a tag ["-"]).
func (e *Event) Protected() bool {
	if !e.mayName("-") {
		return false
	}
	for r := readTags(e.Tags); r.nextTag(); {
		if s, _ := r.nextString(); string(s) == "-" {
			return true
		}
	}
	return false
}

// DHash returns the hash of an addressable event's first d tag, of the empty value without one; false = the kind has none.
func (e *Event) DHash() (int64, bool) {
	if Classify(e.Kind) != Addressable {
		return 0, false
	}
	value, _ := e.Tag("d")
	return TagHash('d', value), true
}

// Address names all versions of a replaceable or addressable event of one author (NIP-01).
type Address struct {
	Kind  uint16
	DHash int64 // 0 for replaceable kinds
}

// Deletions returns what an event of kind 5 asks to delete (NIP-09): ids, of which those of other authors do not count, and
// addresses of its own author. Another kind deletes nothing.
func (e *Event) Deletions() (ids []ID, addresses []Address) {
	if e.Kind != KindDeletion {
		return nil, nil
	}
	for value := range e.values("e") {
		if id, err := ParseID(value); err == nil {
			ids = append(ids, id)
		}
	}
	for value := range e.values("a") {
		if address, ok := e.address(value); ok {
			addresses = append(addresses, address)
		}
	}
	return ids, addresses
}

// address reads kind:pubkey:d of the event's own author.
func (e *Event) address(text string) (Address, bool) {
	digits, rest, _ := strings.Cut(text, ":")
	author, d, found := strings.Cut(rest, ":")
	kind, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || !found || author != e.PubKey.String() || strconv.FormatUint(kind, 10) != digits {
		return Address{}, false
	}
	switch Classify(uint16(kind)) {
	case Replaceable:
		return Address{Kind: uint16(kind)}, d == ""
	case Addressable:
		return Address{Kind: uint16(kind), DHash: TagHash('d', d)}, true
	}
	return Address{}, false
}

// Vanishes says whether the event asks for its author to vanish here (NIP-62): from all relays, or from the one of this URL.
func (e *Event) Vanishes(service string) bool {
	if e.Kind != KindVanish {
		return false
	}
	for value := range e.values("relay") {
		if value == "ALL_RELAYS" || service != "" && strings.EqualFold(strings.TrimRight(value, "/"), strings.TrimRight(service, "/")) {
			return true
		}
	}
	return false
}

// Recipients returns the authors that the event's p tags name.
func (e *Event) Recipients() (keys []PubKey) {
	for value := range e.values("p") {
		if key, err := ParsePubKey(value); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}
