package benchmark

import (
	"crypto/rand"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// pageEvents is how many events a page has: what most relays send at once.
const pageEvents = 500

var discard = slog.New(slog.DiscardHandler)

// firstRelays serve the new events, otherRelays serve them, too.
var firstRelays, otherRelays = relayURLs("first"), relayURLs("other")

func relayURLs(name string) (urls []string) {
	for i := range 20 {
		urls = append(urls, fmt.Sprintf("wss://%s%d.example.com", name, i))
	}
	return urls
}

func pointers(events []event.Event) []*event.Event {
	out := make([]*event.Event, len(events))
	for i := range events {
		out[i] = &events[i]
	}
	return out
}

func groups(events []*event.Event, size int) iter.Seq[[]*event.Event] {
	return slices.Chunk(events, size)
}

// batchesOf puts events into batches as the synchronizer does: a page each, that proves its interval.
func batchesOf(events []*event.Event, relays []string) []*ingest.Batch {
	return batches(events, relays, func(page *ingest.Page, e *event.Event) {
		page.Events = append(page.Events, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	})
}

// knownBatches puts events into pages that name them by id.
func knownBatches(events []*event.Event, relays []string) []*ingest.Batch {
	return batches(events, relays, func(page *ingest.Page, e *event.Event) { page.KnownIds = append(page.KnownIds, e.ID[:]...) })
}

func batches(events []*event.Event, relays []string, add func(*ingest.Page, *event.Event)) (out []*ingest.Batch) {
	for part := range slices.Chunk(events, pageEvents) {
		id := make([]byte, 16)
		rand.Read(id) // never fails
		page := &ingest.Page{PageId: id, Parts: 1, Relay: relays[len(out)%len(relays)], Vantage: "main", Filter: "{}",
			Since: part[0].CreatedAt, Until: part[len(part)-1].CreatedAt, Proof: ingest.Proof_PROOF_EOSE, SeenAt: time.Now().Unix()}
		for _, e := range part {
			add(page, e)
		}
		out = append(out, &ingest.Batch{Version: ingest.Version, Pages: []*ingest.Page{page}})
	}
	return out
}
