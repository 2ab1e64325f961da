package synchronizer

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// known returns the signatures of the ids that are archived already.
type known func(ctx context.Context, ids []event.ID) (map[event.ID][64]byte, error)

const (
	// rememberedMax is how many archived ids are remembered, in some 30 MB: what many relays serve at the same time.
	rememberedMax = 200_000
	// rememberedFor bounds how long an event that the archive lost goes on being called known. The writer refuses the
	// intervals that it was in, so they are walked again; the first walk after this time sends the event's body.
	rememberedFor = 10 * time.Minute
)

// catalog says which events are archived. It remembers for a while what Postgres said it has, never what it lacks: an event that
// many relays serve is looked up once, and a wrong memory costs a walk, not an event.
type catalog struct {
	known known
	seed  maphash.Seed // whoever could choose signatures of the same hash would pass a forged copy off as the event
	had   *otter.Cache[event.ID, memo]
}

// memo is what is remembered of an archived event, until when.
type memo struct {
	hash  uint64 // of its signature
	until int64  // unix seconds
}

func newCatalog(known known) *catalog {
	return &catalog{known: known, seed: maphash.MakeSeed(),
		had: otter.Must(&otter.Options[event.ID, memo]{MaximumSize: rememberedMax})}
}

// state is what the archive knows of an event.
type state uint8

const (
	absent  state = iota // not archived
	another              // archived under another signature
	held                 // archived as it is
)

// unsigned is what the archive says of an event that it keeps without a signature, or that was removed and may not come
// back: whoever serves it has nothing to bring.
var unsigned [64]byte

// states returns the state of each event, and asks Postgres only for those that are not remembered as they are.
func (c *catalog) states(ctx context.Context, events []event.Event) ([]state, error) {
	states := make([]state, len(events))
	now := time.Now().Unix()
	var asked []int
	var ids []event.ID
	for i := range events {
		if had, ok := c.had.GetIfPresent(events[i].ID); ok && now < had.until && had.hash == c.hash(&events[i].Sig) {
			states[i] = held
			continue
		}
		asked, ids = append(asked, i), append(ids, events[i].ID)
	}
	idsLookedUp.WithLabelValues("memory").Add(float64(len(events) - len(ids)))
	if len(ids) == 0 {
		return states, nil
	}
	archived, err := c.known(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, sig := range archived {
		if sig == unsigned {
			continue
		}
		c.had.Set(id, memo{c.hash(&sig), now + int64(rememberedFor.Seconds())})
	}
	for _, i := range asked {
		if sig, ok := archived[events[i].ID]; ok {
			if states[i] = another; sig == events[i].Sig || sig == unsigned {
				states[i] = held
			}
		}
	}
	idsLookedUp.WithLabelValues("archive").Add(float64(len(ids)))
	return states, nil
}

func (c *catalog) hash(sig *[64]byte) uint64 { return maphash.Bytes(c.seed, sig[:]) }
