package synchronizer

import (
	"cmp"
	"crypto/rand"
	"math"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// item is one event on its way into a page; fresh ones travel with their body.
type item struct {
	*event.Event
	fresh bool
}

// size is what the item takes in a message, in bytes, roughly.
func (i item) size() int {
	if !i.fresh {
		return len(event.ID{})
	}
	return len(i.Tags) + len(i.Content) + 160
}

// cut splits an answer into pages that fit into one message each. A page holds whole seconds
// and its own part of the proven interval; a second that is too large alone travels in parts
// of one page. head carries what all pages have in common; missing is what the relay lacks, and goes
// to the page whose interval it lies in.
//
// Example: proven [10,20], events at 19, 15, 15, 12, three to a page. The pages are {19, 15, 15}
// with [15,20] and {12} with [10,14].
func cut(head *ingest.Page, iv Interval, fresh, old []*event.Event, missing []store.Held) []*ingest.Page {
	items := make([]item, 0, len(fresh)+len(old))
	for _, e := range fresh {
		items = append(items, item{e, true})
	}
	for _, e := range old {
		items = append(items, item{e, false})
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.CreatedAt, a.CreatedAt) })

	var pages []*ingest.Page
	upper := int64(math.MaxInt64)
	for len(items) > 0 {
		n := fit(items)
		lower := items[n-1].CreatedAt
		if n == len(items) {
			lower = math.MinInt64
		}
		pages = append(pages, build(head, clip(iv, lower, upper), items[:n])...)
		items, upper = items[n:], lower-1
	}
	if len(pages) == 0 {
		pages = build(head, iv, nil)
	}
	tellMissing(pages, missing)
	return pages
}

// tellMissing puts the ids that a relay lacks on the first part of the page they belong to.
func tellMissing(pages []*ingest.Page, missing []store.Held) {
	for _, h := range missing {
		for _, page := range pages {
			if page.Part == 0 && page.Since <= h.CreatedAt && h.CreatedAt <= page.Until {
				page.MissingIds = append(page.MissingIds, h.ID[:]...)
				break
			}
		}
	}
}

// fit returns how many items go into the next page: as many whole seconds as fit, at least one.
func fit(items []item) int {
	events, bytes, whole := 0, 0, 0
	for i, it := range items {
		if i > 0 && it.CreatedAt != items[i-1].CreatedAt {
			whole = i
		}
		if it.fresh {
			events++
		}
		bytes += it.size()
		if whole > 0 && (events > ingest.MaxBatchEvents || bytes > ingest.MaxBatchBytes) {
			return whole
		}
	}
	return len(items)
}

func clip(iv Interval, lower, upper int64) Interval {
	return Interval{Since: max(iv.Since, lower), Until: min(iv.Until, upper)}
}

// build makes a page of the items, in as many parts as its size demands.
func build(head *ingest.Page, iv Interval, items []item) []*ingest.Page {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	part := func() *ingest.Page {
		page := &ingest.Page{
			PageId: id, Relay: head.Relay, Vantage: head.Vantage, Filter: head.Filter,
			Since: iv.Since, Until: iv.Until, Proof: head.Proof, SeenAt: head.SeenAt, AskedAt: head.AskedAt,
		}
		if iv.Since > iv.Until {
			page.Since, page.Until, page.Proof = 1, 0, ingest.Proof_PROOF_NONE
		}
		return page
	}
	pages := []*ingest.Page{part()}
	bytes := 0
	for _, it := range items {
		page := pages[len(pages)-1]
		if bytes > 0 && (len(page.Events) >= ingest.MaxBatchEvents || bytes+it.size() > ingest.MaxBatchBytes) {
			page, bytes = part(), 0
			pages = append(pages, page)
		}
		bytes += it.size()
		if it.fresh {
			page.Events = append(page.Events, message(it.Event))
		} else {
			page.KnownIds = append(page.KnownIds, it.ID[:]...)
		}
	}
	for i, page := range pages {
		page.Part, page.Parts = uint32(i), uint32(len(pages))
	}
	return pages
}

func message(e *event.Event) *ingest.Event {
	return &ingest.Event{
		Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:],
		CreatedAt: e.CreatedAt, Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content,
	}
}
