package synchronizer

import (
	"errors"
	"hash/maphash"
	"slices"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// question is one request: an interval, perhaps narrowed to kinds, authors or ids.
type question struct {
	Interval
	ids     []event.ID
	kinds   []uint16
	authors []event.PubKey
	open    bool // until is left out: some relays find nothing for a time beyond 32 bits
}

// answer is what a relay sent to one question before its EOSE.
type answer struct {
	events   []event.Event  // distinct in id and signature, matching the question, ids checked, in order of arrival
	sent     int            // distinct events that were sent, good or bad
	bytes    int            // of the events
	rejected map[string]int // reason → events that are not in events
	past     int            // events older than the question that came behind all others
	older    int            // events older than the question
	ahead    []event.ID     // events newer than the question that came along
	overfull bool           // it was given up because it outgrew maxAnswerBytes
	hint     string         // NIP-67: what the relay said about the rest
	askedAt  int64          // unix seconds
}

// errTooMuch says that an answer was given up because it outgrew maxAnswerBytes.
var errTooMuch = errors.New("answer is too large to be held")

const (
	// maxAnswerBytes bounds what one answer may hold in memory.
	maxAnswerBytes = 4 << 20
	// maxAnswerEvents ends a flood; no relay answers so many at once on purpose.
	maxAnswerEvents = 20000
)

// Reasons why an event of an answer is not archived, beside those of package event.
const (
	rejectedOutside   = "outside_filter"
	rejectedDuplicate = "duplicate"
	rejectedEphemeral = "ephemeral"
	rejectedAuth      = "auth_event"
	rejectedSignature = string(event.BadSignature)
	rejectedFrame     = "not_nostr"
)

// kindAuth is NIP-42's: it must never be stored or shown.
const kindAuth = 22242

// collector builds an answer while the relay sends it.
type collector struct {
	answer
	filter  event.Filter // what is asked, with the true bounds whatever the relay's manners
	largest int          // bytes of an event that is archived; 0 = event.MaxBytes
	mode    ephemeral
	seen    map[claim]struct{}
	kept    map[signed]struct{}
	old     bool // an event came that is not of just now
}

// claim is an event as it was sent: the id that it states and a hash of its bytes. The id alone
// does not make a duplicate, or a forged copy would keep out the genuine event behind it.
type claim struct {
	id    event.ID
	bytes uint64
}

// signed tells events apart whose signatures are not checked yet.
type signed struct {
	id  event.ID
	sig [64]byte
}

var claimSeed = maphash.MakeSeed()

func newCollector(filter event.Filter, largest int) *collector {
	return &collector{
		filter: filter, largest: largest, seen: map[claim]struct{}{}, kept: map[signed]struct{}{},
		answer: answer{rejected: map[string]int{}},
	}
}

// take judges one event. Its error ends the question.
func (c *collector) take(raw []byte) error {
	if id, ok := event.ScanID(raw); ok {
		this := claim{id, maphash.Bytes(claimSeed, raw)}
		if _, again := c.seen[this]; again {
			c.rejected[rejectedDuplicate]++
			return nil
		}
		c.seen[this] = struct{}{}
	}
	c.sent++
	if c.bytes += len(raw); c.bytes > maxAnswerBytes {
		return errTooMuch
	}
	e, err := parse(raw, c.largest)
	if err != nil {
		c.rejected[reasonOf(err)]++
		return nil
	}
	if reason := c.refuse(&e); reason != "" {
		c.rejected[reason]++
		return nil
	}
	c.old = c.old || e.CreatedAt < c.askedAt-justNow
	c.events = append(c.events, e)
	return nil
}

// parse reads an event of at most so many bytes; 0 is event.MaxBytes, which bounds the archive itself.
func parse(raw []byte, largest int) (event.Event, error) {
	if largest > 0 && len(raw) > largest {
		return event.Event{}, &event.Error{Reason: event.TooLarge, Detail: "event"}
	}
	return event.Parse(raw)
}

// refuse returns why an event with a good id is not wanted, or "".
func (c *collector) refuse(e *event.Event) string {
	if !c.filter.Matches(e) {
		c.outside(e)
		return rejectedOutside
	}
	c.past = 0
	switch {
	case e.Kind == kindAuth:
		return rejectedAuth
	}
	if reason := c.mode.refuses(e); reason != "" {
		return reason
	}
	if _, again := c.kept[signed{e.ID, e.Sig}]; again {
		return rejectedDuplicate // written differently
	}
	c.kept[signed{e.ID, e.Sig}] = struct{}{}
	return ""
}

// outside notes on which side of the question an event lies that was not asked for.
func (c *collector) outside(e *event.Event) {
	if e.CreatedAt < *c.filter.Since {
		c.past++
		c.older++
	}
	if e.CreatedAt > *c.filter.Until {
		c.ahead = append(c.ahead, e.ID)
	}
}

func reasonOf(err error) string {
	if bad, ok := errors.AsType[*event.Error](err); ok {
		return string(bad.Reason)
	}
	return "malformed"
}

// oversized says whether an event came that the archive cannot hold: a known gap.
func (a *answer) oversized() bool { return a.rejected[string(event.TooLarge)] > 0 }

func (a *answer) oldest() int64 {
	oldest := a.events[0].CreatedAt
	for i := range a.events {
		oldest = min(oldest, a.events[i].CreatedAt)
	}
	return oldest
}

func (a *answer) newest() int64 {
	newest := a.events[0].CreatedAt
	for i := range a.events {
		newest = max(newest, a.events[i].CreatedAt)
	}
	return newest
}

// order of arrival; an answer within one second agrees with every order.
func (a *answer) order() (descends, ascends bool) {
	descends, ascends = true, true
	for i := 1; i < len(a.events); i++ {
		before, now := a.events[i-1].CreatedAt, a.events[i].CreatedAt
		descends = descends && before >= now
		ascends = ascends && before <= now
	}
	return descends, ascends
}

// keepOlder drops the events from a second on.
func (a *answer) keepOlder(than int64) {
	a.events = slices.DeleteFunc(a.events, func(e event.Event) bool { return e.CreatedAt >= than })
}

// times returns the created_at of all events, the oldest first.
func (a *answer) times() []int64 {
	times := make([]int64, len(a.events))
	for i := range a.events {
		times[i] = a.events[i].CreatedAt
	}
	slices.Sort(times)
	return times
}

// within counts the events of the interval.
func (a *answer) within(iv Interval) int {
	n := 0
	for i := range a.events {
		if at := a.events[i].CreatedAt; iv.Since <= at && at <= iv.Until {
			n++
		}
	}
	return n
}
