package simrelay

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Raw is an event-shaped value that is sent verbatim, for bytes that no honest key would sign. It matches a filter by
// its time, by ID where the filter names ids, and by Kind and PubKey where they are set; tags are not looked at.
type Raw struct {
	ID        event.ID
	CreatedAt int64
	JSON      []byte
	Kind      uint16       // 0: matches all kinds
	PubKey    event.PubKey // zero: matches all authors
}

// item is one stored event, rendered once.
type item struct {
	ev      event.Event
	json    []byte
	raw     bool
	hidden  bool
	forged  bool
	removed atomic.Bool
	tie     uint64

	once sync.Once
	tags []int64
}

func (it *item) tagHashes() []int64 {
	it.once.Do(func() { it.tags = it.ev.TagHashes() })
	return it.tags
}

// Len is the number of stored events, hidden ones and raw ones included.
func (r *Relay) Len() int { return r.store.len() }

// Add stores events, shows them to the live subscriptions that match, and says how many ids were new.
func (r *Relay) Add(events ...event.Event) int {
	items := make([]*item, len(events))
	for i := range events {
		items[i] = r.newItem(events[i])
	}
	return r.store.add(items)
}

// AddRaw stores bytes to be sent verbatim.
func (r *Relay) AddRaw(raws ...Raw) {
	items := make([]*item, len(raws))
	for i, raw := range raws {
		it := &item{raw: true, json: raw.JSON, tie: mix(raw.ID, r.seed)}
		it.ev.ID, it.ev.CreatedAt, it.ev.Kind, it.ev.PubKey = raw.ID, raw.CreatedAt, raw.Kind, raw.PubKey
		items[i] = it
	}
	r.store.add(items)
}

// Remove deletes events as a relay does that dropped them, and says how many it held.
func (r *Relay) Remove(ids ...event.ID) int { return r.store.remove(ids) }

func (r *Relay) newItem(ev event.Event) *item {
	it := &item{ev: ev, tie: mix(ev.ID, r.seed)}
	it.hidden = chosen(ev.ID, r.seed+1, r.manners.HiddenShare)
	it.forged = chosen(ev.ID, r.seed+2, r.manners.Forge)
	if it.forged {
		it.json = forge(ev)
	} else {
		it.json = ev.AppendJSON(make([]byte, 0, 340+len(ev.Tags)+len(ev.Content)))
	}
	return it
}

// Genuine returns the events, with their created_at, that the relay serves as they were signed: not hidden, not forged, not raw.
func (r *Relay) Genuine() map[event.ID]int64 {
	times := map[event.ID]int64{}
	for _, it := range r.store.all() {
		if !it.hidden && !it.forged && !it.raw {
			times[it.ev.ID] = it.ev.CreatedAt
		}
	}
	return times
}

// forge returns a copy that must not pass verification, in one of three ways that depend on the id.
func forge(ev event.Event) []byte {
	switch ev.ID[31] % 3 {
	case 0:
		ev.ID[0] ^= 0x80
	case 1:
		ev.Sig[40] ^= 0x01
	default:
		ev.Content = append([]byte(`"forged `), ev.Content[1:]...)
	}
	return ev.AppendJSON(nil)
}

// mix turns an id and a seed into a number that looks random and never changes (the finaliser of SplitMix64).
func mix(id event.ID, seed uint64) uint64 {
	z := binary.BigEndian.Uint64(id[:8]) + seed*0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// chosen picks the given share of all ids, the same ones every time.
func chosen(id event.ID, seed uint64, share float64) bool {
	return share > 0 && float64(mix(id, seed)>>11)/(1<<53) < share
}
