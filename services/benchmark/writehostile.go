package benchmark

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// sort is one way in which an event may try to stop an archive. Those that are valid are stored, the others quarantined or
// refused; n makes each event another one.
type sort struct {
	name string
	make func(n int) *ingest.Event
}

// sorts are those that broke archives before, or were made to.
var sorts = []sort{
	{"NUL in content and tag", func(n int) *ingest.Event { return crafted(1, 1, `[["t","a\u0000b"]]`, text(n, `\u0000`)) }},
	{"lone surrogate", func(n int) *ingest.Event { return crafted(2, 1, `[["t","\ud800"]]`, text(n, `\udfff`)) }},
	{"raw control characters", func(n int) *ingest.Event { return crafted(3, 1, `[]`, text(n, "\x01\x7f")) }},
	{"tag value of 3,000 characters", func(n int) *ingest.Event {
		return crafted(4, 1, `[["r","`+strings.Repeat("x", 3000)+`"]]`, text(n, ""))
	}},
	{"tag value of 900 characters of 3 bytes", func(n int) *ingest.Event { return crafted(5, 30023, `[["d","`+cjk(n)+`"]]`, text(n, "")) }},
	{"empty tags", func(n int) *ingest.Event { return crafted(6, 1, `[[],[""],["e"],["",""]]`, text(n, "")) }},
	{"2,000 tags", func(n int) *ingest.Event { return crafted(7, 3, many(n), text(n, "")) }},
	{"created at the end of time", func(n int) *ingest.Event { return crafted(math.MaxInt64, 1, `[]`, text(n, "")) }},
	{"created in 1970", func(n int) *ingest.Event { return crafted(0, 1, `[]`, text(n, "")) }},
	{"content that looks like SQL", func(n int) *ingest.Event { return crafted(8, 1, `[]`, text(n, `'); DROP TABLE event; -- \\N\\.\n`)) }},
	{"credential", func(n int) *ingest.Event { return crafted(9, 22242, `[]`, text(n, "")) }},
	{"forged id", func(n int) *ingest.Event { e := crafted(10, 1, `[]`, text(n, "")); e.Id[0] ^= 1; return e }},
	{"id cut", func(n int) *ingest.Event { e := crafted(11, 1, `[]`, text(n, "")); e.Id = e.Id[:31]; return e }},
	{"negative time", func(n int) *ingest.Event { return crafted(-1, 1, `[]`, text(n, "")) }},
	{"not UTF-8", func(n int) *ingest.Event { return crafted(12, 1, `[]`, text(n, "\xff")) }},
	{"tags that are no JSON", func(n int) *ingest.Event { return crafted(13, 1, `[["a"`, text(n, "")) }},
}

// crafted makes an event of signed texts as they are, with the id that they have.
func crafted(createdAt int64, kind uint32, tags, content string) *ingest.Event {
	author := [32]byte{1}
	id := sha256.Sum256(fmt.Appendf(nil, `[0,"%x",%d,%d,%s,%s]`, author, createdAt, kind, tags, content))
	return &ingest.Event{Id: id[:], Pubkey: author[:], Sig: make([]byte, 64), CreatedAt: createdAt, Kind: kind,
		Tags: []byte(tags), Content: []byte(content)}
}

func text(n int, more string) string { return fmt.Sprintf(`"%d %s"`, n, more) }

func cjk(n int) string {
	var s strings.Builder
	for i := range 900 {
		s.WriteRune(rune(0x4e00 + (n*7919+i*104729)%20000))
	}
	return s.String()
}

func many(n int) string {
	var s strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&s, `,["p","%064x"]`, n*2000+i)
	}
	return "[" + s.String()[1:] + "]"
}

// timeHostile measures what a hostile event of each sort in every batch costs the others, and that it costs them nothing
// else: each group without is followed by one with them. They are composed before the clock starts.
func (b *bench) timeHostile(ctx context.Context) error {
	if !b.cfg.Hostile {
		return nil
	}
	b.cfg.say("writing new events with %d hostile ones in each batch", len(sorts))
	world := simrelay.GenerateWorld(simrelay.WorldConfig{Seed: b.seed + 1, Events: b.cfg.Events, Unsigned: true})
	n := int(b.found)
	var bad []mischief // for each batch of a group
	compose := func(context.Context) error {
		bad = bad[:0]
		for range (b.cfg.Batch + pageEvents - 1) / pageEvents {
			n++
			bad = append(bad, newMischief(n))
		}
		return nil
	}
	return b.timed(ctx, pointers(world.Events),
		lane{name: phasePeaceful, of: firstHalf, write: b.writeNew},
		lane{name: phaseHostile, of: secondHalf, before: compose, write: func(ctx context.Context, group []*event.Event) (int, error) {
			batches := batchesOf(group, firstRelays)
			for i, batch := range batches {
				batch.Pages[0].Events = append(batch.Pages[0].Events, bad[i].events...)
				batch.Pages = append(batch.Pages, bad[i].pages...)
			}
			return b.writeHostile(ctx, batches, group)
		}})
}

// mischief is what one batch has beside its peaceful events.
type mischief struct {
	events []*ingest.Event
	pages  []*ingest.Page
}

func newMischief(n int) mischief {
	m := mischief{pages: hostilePages(n)}
	for _, s := range sorts {
		m.events = append(m.events, s.make(n))
	}
	return m
}

func firstHalf(group []*event.Event) []*event.Event  { return group[:len(group)/2] }
func secondHalf(group []*event.Event) []*event.Event { return group[len(group)/2:] }

// hostilePages are pages that are wrong as a whole.
func hostilePages(n int) []*ingest.Page {
	return []*ingest.Page{
		{Relay: "wss://" + strings.Repeat("a", 29_000) + ".example.com", KnownIds: make([]byte, 32)},
		{Relay: firstRelays[0], KnownIds: []byte(text(n, "cut"))},
	}
}

// writeHostile writes as the writer does, and counts which of the peaceful events are new.
func (b *bench) writeHostile(ctx context.Context, batches []*ingest.Batch, peaceful []*event.Event) (stored int, err error) {
	w, err := b.store.Write(ctx, batches, b.cfg.Options)
	if err != nil && store.Classify(err) == store.Data {
		w, err = b.store.WriteCarefully(ctx, batches, b.cfg.Options)
	}
	for _, e := range peaceful {
		if _, isNew := w.New[e.ID]; isNew {
			stored++
		}
	}
	return stored, err
}
