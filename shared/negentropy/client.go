package negentropy

import (
	"bytes"
	"maps"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Client asks a peer and learns what each side lacks. Not safe for concurrent use.
type Client struct {
	set    *Set
	limits Limits
	rounds int
	over   bool
	have   []uint64 // a bit for every item of the set
	need   map[event.ID]struct{}
}

// NewClient compares the set with a peer's.
func NewClient(set *Set, limits Limits) *Client {
	return &Client{set: set, limits: limits.withDefaults(), need: map[event.ID]struct{}{},
		have: make([]uint64, (set.Len()+63)/64)}
}

// Open is the first message. A set of more than 31 items is one fingerprint, so equal sets cost 21 bytes in all; a
// smaller one is listed.
func (c *Client) Open() []byte {
	w := newWriter()
	if c.set.Len() <= listed {
		w.ids(c.set, bound{time: endless}, c.set.Len())
	} else {
		w.fingerprint(c.set, bound{time: endless}, c.set.Len())
	}
	return w.out
}

// Take reads the peer's answer and returns what to send next; nil means done. An error ends the reconciliation, and what
// was learned until then is true of a part of the sets only.
func (c *Client) Take(message []byte) (reply []byte, err error) {
	if c.over {
		return nil, ErrOver
	}
	if reply, err = c.take(message); err != nil || len(reply) == 1 {
		c.over = true
		return nil, err
	}
	return reply, nil
}

func (c *Client) take(message []byte) ([]byte, error) {
	if err := c.check(message); err != nil {
		return nil, err
	}
	r := reconciler{set: c.set, frame: c.limits.FrameBytes, in: reader{rest: message[1:]}, ids: c.compare}
	reply, err := r.run()
	c.rounds++
	if err == nil && len(reply) > 1 && c.rounds >= c.limits.Rounds {
		return nil, ErrRounds
	}
	return reply, err
}

func (c *Client) check(message []byte) error {
	switch {
	case len(message) > c.limits.MessageBytes:
		return ErrTooLarge
	case !versioned(message):
		return malformed("no version")
	case message[0] != version1:
		return &VersionError{Version: message[0]}
	}
	return nil
}

func versioned(message []byte) bool { return len(message) > 0 && message[0]&0xf0 == version1&0xf0 }

// compare learns from the peer's ids of one range.
func (c *Client) compare(_ *reconciler, s *span, from, to int) (more bool, err error) {
	ours := make(map[event.ID]bool, len(s.ids)/idBytes) // theirs, true if ours too
	for id := range slices.Chunk(s.ids, idBytes) {
		ours[event.ID(id)] = false
	}
	for i := from; i < to; i++ {
		if id := c.set.items[i].ID; within(ours, id) {
			ours[id] = true
		} else {
			c.have[i/64] |= 1 << (i % 64)
		}
	}
	for id, known := range ours {
		if !known {
			c.need[id] = struct{}{}
		}
		if len(c.need) > c.limits.Need {
			return false, ErrTooMany
		}
	}
	return true, nil
}

func within(m map[event.ID]bool, id event.ID) bool {
	_, ok := m[id]
	return ok
}

// Have lists what the peer lacks, the oldest first.
func (c *Client) Have() []event.ID {
	var ids []event.ID
	for i := range c.set.items {
		if c.have[i/64]&(1<<(i%64)) != 0 {
			ids = append(ids, c.set.items[i].ID)
		}
	}
	return ids
}

// Need lists what we lack, in the order of the ids: their times are known only when they are fetched.
func (c *Client) Need() []event.ID {
	return slices.SortedFunc(maps.Keys(c.need), func(a, b event.ID) int { return bytes.Compare(a[:], b[:]) })
}

// Rounds is the number of messages taken.
func (c *Client) Rounds() int { return c.rounds }
