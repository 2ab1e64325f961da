package synchronizer

import (
	"encoding/binary"
	"strconv"
	"strings"
	"sync"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// ephemeral says what becomes of kinds 20000 to 29999, which relays do not keep (NIP-01).
type ephemeral string

// The values of ARCHIVE_EPHEMERAL; nothing stands for counting.
const (
	ephemeralSample ephemeral = "sample"
	ephemeralKeep   ephemeral = "keep"
)

// sampleOf is the part of ephemeral events that a sample keeps: one in so many. Their ids decide, so that all relays and
// processes keep the same ones.
const sampleOf = 1_000

// refuses returns why an event is not archived because its kind is ephemeral, or "". The reason names the kind.
func (m ephemeral) refuses(e *event.Event) string {
	if event.Classify(e.Kind) != event.Ephemeral || m == ephemeralKeep ||
		m == ephemeralSample && binary.BigEndian.Uint64(e.ID[:])%sampleOf == 0 {
		return ""
	}
	return rejectedEphemeral + ":" + strconv.Itoa(int(e.Kind))
}

// label is a reason as a metric has it: without what follows the colon, because that has no bounds.
func label(reason string) string {
	word, _, _ := strings.Cut(reason, ":")
	return word
}

// maxReasons bounds the reasons of one turn: a stranger chooses the kinds of his events.
const maxReasons = 120

// count adds to a reason; those beyond maxReasons are counted by their first word.
func count(counts map[string]uint64, reason string, n uint64) {
	if _, known := counts[reason]; !known && len(counts) >= maxReasons {
		reason = label(reason)
	}
	counts[reason] += n
}

// refusals counts what a live subscription brought in vain. It is safe for concurrent use.
type refusals struct {
	mu     sync.Mutex
	counts map[string]uint64
}

func (r *refusals) add(reason string) {
	eventsRejected.WithLabelValues(label(reason)).Inc()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]uint64{}
	}
	count(r.counts, reason, 1)
}

// refused is what the relay sent live in vain. It outlives the session, which may end before its next turn.
func (x *session) refused() *refusals {
	counts, _ := x.refusals.LoadOrStore(x.url, &refusals{})
	return counts.(*refusals)
}

// take adds what was counted since it was asked last to the counts of a turn.
func (r *refusals) take(into map[string]uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for reason, n := range r.counts {
		count(into, reason, n)
	}
	r.counts = nil
}
