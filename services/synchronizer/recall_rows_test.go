package synchronizer

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// recallRow is one relay of the table and what must come of it.
type recallRow struct {
	name    string
	manners simrelay.Manners
	holds   func() []event.Event // nil = the world
	raw     func() []crafted
	policy  override

	then   func(*simrelay.Relay) // happens after the first walk is done; the walk that is due a day later follows
	again  bool                  // that walk follows although nothing happened
	turns  int                   // the most that the first walk takes; 0 = 1
	page   int                   // events of a full answer, where the cap does not tell
	spend  int                   // requests that the first walk may take; 0 = those that the ideal takes, and 30
	status string                // "" = complete
	fires  []simrelay.Fault
}

// crafted is an event that is sent verbatim.
type crafted struct {
	simrelay.Raw
	good bool // to be archived
}

func (r *recallRow) wanted() string {
	if r.status == "" {
		return allProven
	}
	return r.status
}

// scale is by how much the clock of the row with 15 s per request is faster: its delays and timeouts are the real ones
// divided by it.
const scale = 20

func scaled(d time.Duration) *time.Duration { d /= scale; return &d }

func number[T any](v T) *T { return &v }

// impatient relays lose answers: waiting for the default 30 s would only lengthen the test.
var impatient = override{requestTimeout: number(2 * time.Second)}

func faults(f ...simrelay.Fault) []simrelay.Fault { return f }

// recallRows are the lines of the table.
func recallRows() []*recallRow {
	return slices.Concat(pageRows(), boundRows(), secondRows(), pauseRows(), refusalRows(), abilityRows(), contentRows(), timeRows())
}

func pageRows() []*recallRow {
	capped := faults(simrelay.FaultCapped)
	return []*recallRow{
		{name: "honest"},
		{name: "capped at 100", manners: simrelay.Manners{Cap: 100}, fires: capped},
		{name: "capped at 300", manners: simrelay.Manners{Cap: 300}, fires: capped},
		{name: "capped at 500", manners: simrelay.Manners{Cap: 500}},
		{name: "capped at 1000, asked for 1500", manners: simrelay.Manners{Cap: 1000}, policy: override{pageLimit: number(1500)}, fires: capped},
		{name: "ignores limit", manners: simrelay.Manners{IgnoreLimit: true}, page: 1500, fires: faults(simrelay.FaultNoLimit)},
		{name: "refuses a limit over 100", manners: simrelay.Manners{MaxLimit: 100}, page: 100, fires: faults(simrelay.FaultMaxLimit)},
		{name: "default 125 above a cap of 250", manners: simrelay.Manners{Cap: 250, DefaultLimit: 125, AboveCapAnswer: 125}, page: 125, fires: capped},
		{name: "default 100, clamp 1000", manners: simrelay.Manners{Cap: 1000, DefaultLimit: 100, Ties: simrelay.TiesIDAscending}, policy: override{pageLimit: number(2000)}, fires: capped},
		{name: "hidden events count: 498 of 500", manners: simrelay.Manners{Cap: 500, HiddenShare: 0.004}, fires: faults(simrelay.FaultHidden)},
		{name: "a tenth is hidden", manners: simrelay.Manners{Cap: 200, HiddenShare: 0.1}, spend: 80, fires: faults(simrelay.FaultHidden)},
		{name: "nine of ten are hidden", manners: simrelay.Manners{Cap: 20, HiddenShare: 0.9}, status: cutAway, fires: faults(simrelay.FaultHidden)},
		{name: "oldest first", manners: simrelay.Manners{Order: simrelay.OldestFirst, Cap: 200}, fires: faults(simrelay.FaultOrder)},
		{name: "the newest, oldest of them first", manners: simrelay.Manners{Order: simrelay.NewestReversed, Cap: 200}, spend: 120, fires: faults(simrelay.FaultOrder)},
		{name: "random order", manners: simrelay.Manners{Order: simrelay.RandomOrder, Cap: 100}, spend: 250, fires: faults(simrelay.FaultOrder)},
		{name: "every event twice", manners: simrelay.Manners{Duplicates: true, Cap: 200}, fires: faults(simrelay.FaultDuplicate)},
		{name: "events outside the filter", manners: simrelay.Manners{OutsideFilter: 3, Cap: 200}, fires: faults(simrelay.FaultOutside)},
		{name: "frames end in a newline", manners: simrelay.Manners{NewlineFrames: true}},
		{name: "two filters", manners: simrelay.Manners{Cap: 200}, policy: override{filters: []event.Filter{{Kinds: []uint16{1}}, {Kinds: []uint16{0, 3, 7}}}}, spend: 60},
		{name: "empty", holds: func() []event.Event { return nil }},
	}
}

func boundRows() []*recallRow {
	bounds := faults(simrelay.FaultBounds)
	return []*recallRow{
		{name: "until is exclusive", manners: simrelay.Manners{UntilExclusive: true, Cap: 200}, fires: bounds},
		{name: "since is exclusive", manners: simrelay.Manners{SinceExclusive: true, Cap: 200}, fires: bounds},
		{name: "ignores since", manners: simrelay.Manners{IgnoreSince: true, Cap: 200}, fires: bounds},
		{name: "ignores until", manners: simrelay.Manners{IgnoreUntil: true, Cap: 200}, status: "failed: ignores_until", fires: bounds},
		{name: "nothing beyond 32 bits or before 0", manners: simrelay.Manners{Times32: true, Cap: 200}, fires: bounds},
		{name: "refuses more than 90 days", manners: simrelay.Manners{MaxSpan: 90 * 24 * time.Hour, Cap: 200}, spend: 900, fires: faults(simrelay.FaultMaxSpan)},
		{name: "like khatru with badger", manners: simrelay.Manners{
			Cap: 250, AboveCapAnswer: 125, Times32: true, AuthOnConnect: true, Negentropy: true, NegentropyNewest: 500, NewlineFrames: true,
		}, page: 125, again: true, fires: faults(simrelay.FaultNegNewest)},
		{name: "like khatru in memory", manners: simrelay.Manners{SinceExclusive: true, Ties: simrelay.TiesIDDescending, AuthOnConnect: true}, fires: bounds},
		{name: "like the TypeScript relay", manners: simrelay.Manners{Cap: 1000, DefaultLimit: 100, Ties: simrelay.TiesIDAscending, RefuseCount: true}, fires: faults(simrelay.FaultNoCount)},
	}
}

func secondRows() []*recallRow {
	second := simrelay.Manners{Cap: 500}
	lying := simrelay.Manners{Cap: 500, LieCount: 0.5}
	noCount := simrelay.Manners{Cap: 500, RefuseCount: true}
	return []*recallRow{
		{name: "1,200 events in one second, like strfry", manners: simrelay.Manners{Cap: 500, HiddenShare: 0.004}, holds: crowd1200, spend: 120},
		{name: "the same, oldest first", manners: simrelay.Manners{Cap: 500, Order: simrelay.OldestFirst}, holds: crowd1200, spend: 120},
		{name: "the same, random order", manners: simrelay.Manners{Cap: 500, Order: simrelay.RandomOrder}, holds: crowd1200, spend: 200},
		{name: "the same, both bounds exclusive", manners: simrelay.Manners{Cap: 300, UntilExclusive: true, SinceExclusive: true}, holds: crowd1200, spend: 150},
		{name: "the same, ignores since", manners: simrelay.Manners{Cap: 500, IgnoreSince: true}, holds: crowd1200, spend: 150},
		{name: fmt.Sprintf("%d in one second, many kinds", crowded), manners: second, holds: manyOf(crowded, 1000), spend: 150},
		{name: fmt.Sprintf("%d in one second, one kind, 40 authors", crowded), manners: second, holds: oneKind, spend: 150},
		{name: "the same, COUNT is refused", manners: noCount, holds: oneKind, status: cutAway, fires: faults(simrelay.FaultNoCount)},
		{name: "the same, COUNT is wrong", manners: lying, holds: oneKind, status: cutAway, fires: faults(simrelay.FaultLieCount)},
		{name: "1,200 of one kind, an author each", manners: second, holds: alone, status: cutAway},
		{name: "the same, NIP-77, COUNT is refused", manners: simrelay.Manners{Cap: 500, Negentropy: true, RefuseCount: true}, holds: alone, spend: 100},
		{name: "the same, NIP-77 makes ids up", manners: simrelay.Manners{Cap: 500, Negentropy: true, NegentropyLies: simrelay.NegInvents}, holds: alone, status: cutAway, fires: faults(simrelay.FaultNegLie)},
		{name: "wrong COUNT", manners: simrelay.Manners{Cap: 200, LieCount: 0.5}, fires: faults(simrelay.FaultLieCount)},
		{name: "1,200 of one kind, a limit of 1,500", manners: simrelay.Manners{RefuseCount: true}, holds: alone},
		{name: "lists up to 20", manners: simrelay.Manners{Cap: 500, MaxList: 20}, holds: crowd1200, spend: 300, fires: faults(simrelay.FaultMaxList)},
		{name: "questions up to 4 kB", manners: simrelay.Manners{Cap: 500, MaxMessage: 4096, RefuseCount: true}, holds: crowd1200, spend: 250, fires: faults(simrelay.FaultMaxMessage)},
	}
}

func pauseRows() []*recallRow {
	dropped, lost := faults(simrelay.FaultDropped), faults(simrelay.FaultLostEOSE)
	return []*recallRow{
		{name: "1 in 50 is an empty CLOSED", manners: simrelay.Manners{Cap: 20, EmptyClosedEvery: 50}, fires: faults(simrelay.FaultEmptyClosed)},
		{name: "1 in 50 is EOSE alone", manners: simrelay.Manners{Cap: 20, EmptyEvery: 50}, fires: faults(simrelay.FaultEmpty)},
		{name: "1 in 50 is CLOSED error:", manners: simrelay.Manners{Cap: 20, RefuseEvery: 50}, fires: faults(simrelay.FaultRefused)},
		{name: "disconnects every 300 requests", manners: simrelay.Manners{Cap: 6, DropEveryRequests: 300}, spend: 450, fires: dropped},
		{name: "disconnects in the middle of answers", manners: simrelay.Manners{Cap: 200, DropMidAnswerEvery: 4}, turns: 3, spend: 60, fires: dropped},
		{name: "loses EOSE", manners: simrelay.Manners{Cap: 200, LoseEOSEEvery: 9}, policy: impatient, turns: 3, spend: 60, fires: lost},
		{name: "loses EOSE where an id comes again", manners: simrelay.Manners{Cap: 200, LoseEOSEOnReuse: true}},
		{name: fmt.Sprintf("15 s per request (clock × %d)", scale), manners: simrelay.Manners{Cap: 500, Delay: *scaled(15 * time.Second)},
			policy: override{requestTimeout: scaled(30 * time.Second), quantum: scaled(5 * time.Minute)}, turns: 6, fires: faults(simrelay.FaultDelayed)},
		{name: "rate limit", manners: simrelay.Manners{Cap: 200, RateLimitAfter: 1, RateWindow: 600 * time.Millisecond}, turns: 6, spend: 150, fires: faults(simrelay.FaultRate)},
		{name: "rate limit by NOTICE", manners: simrelay.Manners{Cap: 200, RateLimitAfter: 4, RateWindow: 2 * time.Second, RateNotice: true},
			policy: impatient, turns: 6, spend: 150, fires: faults(simrelay.FaultRate)},
		{name: "CLOSED after 80 events", manners: simrelay.Manners{CutAfter: 80}, page: 40, turns: 3, spend: 200, fires: faults(simrelay.FaultCut)},
		{name: "EOSE 0.3 s before the last 50", manners: simrelay.Manners{Cap: 200, EarlyEOSE: 50, EarlyEOSEPause: 300 * time.Millisecond}, spend: 80,
			fires: faults(simrelay.FaultEarlyEOSE, simrelay.FaultDelayed)},
		{name: "EOSE before the last 50", manners: simrelay.Manners{Cap: 200, EarlyEOSE: 50}, spend: 80, fires: faults(simrelay.FaultEarlyEOSE)},
		{name: "many of these at once", turns: 12, policy: impatient, spend: 400, manners: simrelay.Manners{
			Cap: 100, HiddenShare: 0.02, Forge: 0.02, Duplicates: true, OutsideFilter: 3, Garbage: true, NewlineFrames: true, UntilExclusive: true,
			SinceExclusive: true, DropMidAnswerEvery: 7, EmptyClosedEvery: 11, LoseEOSEEvery: 13, RefuseEvery: 17, EmptyEvery: 19, AuthOnConnect: true,
		}, fires: faults(simrelay.FaultDropped, simrelay.FaultEmptyClosed, simrelay.FaultLostEOSE, simrelay.FaultRefused, simrelay.FaultEmpty)},
		{name: "floods without EOSE", manners: simrelay.Manners{EndlessStream: true}, status: "failed: flood", fires: faults(simrelay.FaultEndless)},
		{name: "a frame of 2 MB before every answer", manners: simrelay.Manners{GiantFrame: 2 << 20}, status: "failed: too_large", fires: faults(simrelay.FaultGiant)},
		{name: "one subscription at a time", manners: simrelay.Manners{MaxSubs: 1, Cap: 200}, policy: override{live: number(true)}, spend: 60, fires: faults(simrelay.FaultSubs)},
		{name: "followed live", manners: simrelay.Manners{Cap: 200}, policy: override{live: number(true)}, spend: 60},
	}
}

func refusalRows() []*recallRow {
	auth := faults(simrelay.FaultAuth)
	return []*recallRow{
		{name: "AUTH first, no key", manners: simrelay.Manners{AuthOnly: true}, status: "refused: closed_auth_required", fires: auth},
		{name: "AUTH first, with a key", manners: simrelay.Manners{AuthOnly: true, Cap: 200}, policy: override{auth: true}, fires: auth},
		{name: "AUTH on connect, not needed", manners: simrelay.Manners{AuthOnConnect: true, Cap: 200}},
		{name: "restricted", manners: simrelay.Manners{AuthRestricted: true}, policy: override{auth: true}, status: "refused: closed_restricted", fires: auth},
		{name: "NOTICE instead of an answer", manners: simrelay.Manners{NoticeOnly: true}, status: "refused: notice", fires: faults(simrelay.FaultNotice)},
		{name: "blocked", manners: simrelay.Manners{ClosedPrefix: "blocked"}, status: "refused: closed_blocked", fires: faults(simrelay.FaultClosed)},
		{name: "refuses the filter, like strfry", manners: simrelay.Manners{ClosedPrefix: "ERROR: bad req"}, status: "failed: closed_error", fires: faults(simrelay.FaultClosed)},
		{name: "needs authors, and is asked for some", manners: simrelay.Manners{NeedsNames: true, Cap: 200}, spend: 60, fires: faults(simrelay.FaultNameless),
			policy: override{filters: []event.Filter{{Authors: authors(20)}}}},
		{name: "nobody listens", manners: simrelay.Manners{Dead: simrelay.Refused}, status: "failed: refused"},
		{name: "a web page", manners: simrelay.Manners{Dead: simrelay.HTTPOK}, status: "failed: upgrade_200", fires: faults(simrelay.FaultDead)},
	}
}

func abilityRows() []*recallRow {
	lie := faults(simrelay.FaultNegLie)
	return []*recallRow{
		{name: "NIP-77", manners: simrelay.Manners{Negentropy: true}, again: true},
		{name: "NIP-77, capped at 100", manners: simrelay.Manners{Negentropy: true, Cap: 100}, again: true, fires: faults(simrelay.FaultCapped)},
		{name: "NIP-77 of the newest 500", manners: simrelay.Manners{Negentropy: true, NegentropyNewest: 500, Cap: 300}, again: true, fires: faults(simrelay.FaultNegNewest)},
		{name: "NIP-77 leaves ids out", manners: simrelay.Manners{Negentropy: true, NegentropyLies: simrelay.NegOmits, Cap: 300}, again: true, fires: lie},
		{name: "NIP-77 makes ids up", manners: simrelay.Manners{Negentropy: true, NegentropyLies: simrelay.NegInvents, Cap: 300}, again: true, spend: 100, fires: lie},
		{name: "NIP-77 malformed", manners: simrelay.Manners{Negentropy: true, NegentropyLies: simrelay.NegGarbles, Cap: 300}, again: true, fires: lie},
		{name: "NIP-77 only promised", manners: simrelay.Manners{NegentropyFalsely: true, Cap: 300}, again: true, fires: faults(simrelay.FaultNegFalsely)},
		{name: "NIP-77 blocks over 1,200", manners: simrelay.Manners{Negentropy: true, NegentropyMax: 1200}, again: true, fires: faults(simrelay.FaultNegMax)},
		{name: "NIP-77 blocks over 100", manners: simrelay.Manners{Negentropy: true, NegentropyMax: 100}, again: true, spend: 100, fires: faults(simrelay.FaultNegMax)},
		{name: "NIP-67 hints", manners: simrelay.Manners{FinishHint: true, Cap: 300}},
		{name: "NIP-67 always says finish", manners: simrelay.Manners{FinishHint: true, HintLies: true, Cap: 300}, fires: faults(simrelay.FaultHintLie)},
	}
}

func contentRows() []*recallRow {
	return []*recallRow{
		{name: "a tenth is forged", manners: simrelay.Manners{Forge: 0.1, Cap: 200}, fires: faults(simrelay.FaultForged)},
		{name: "garbage between the frames", manners: simrelay.Manners{Garbage: true, Cap: 200}, fires: faults(simrelay.FaultGarbage)},
		{name: "an event over 512 KiB", manners: simrelay.Manners{Cap: 200}, raw: giants(600 << 10), spend: 80, status: cutAway},
		{name: "an event in a frame of 2 MB", manners: simrelay.Manners{Cap: 200}, raw: giants(2 << 20), spend: 120, status: cutAway},
		{name: "events that no honest program makes", manners: simrelay.Manners{Cap: 200}, raw: odd, spend: 60},
		{name: "edge cases of ../shared/data", manners: simrelay.Manners{Cap: 200}, raw: edgeCases, spend: 60},
		{name: "a second signature for an id", manners: simrelay.Manners{Cap: 200}, holds: signedAgain, spend: 60},
	}
}

func timeRows() []*recallRow {
	return []*recallRow{
		{name: "back-dated events come late", manners: simrelay.Manners{Cap: 200}, then: addLate(0)},
		{name: "the same, NIP-77", manners: simrelay.Manners{Negentropy: true}, then: addLate(0)},
		{name: "the same, two subscriptions", manners: simrelay.Manners{Negentropy: true, MaxSubs: 2, Cap: 20}, then: addLate(0), spend: 120, fires: faults(simrelay.FaultSubs)},
		{name: "empty at first", manners: simrelay.Manners{Cap: 200}, holds: func() []event.Event { return nil },
			then: func(r *simrelay.Relay) { r.Add(world().Events...) }},
		{name: "dated in the future, milliseconds too", manners: simrelay.Manners{Cap: 200}, holds: withFuture},
		{name: "its clock is an hour fast", manners: simrelay.Manners{Cap: 200}, holds: fast},
		{name: "its clock is an hour slow", manners: simrelay.Manners{Cap: 200}, then: addLate(time.Hour)},
	}
}

// manyOf is a second of n events of so many kinds and 40 authors, beside a part of the world.
func manyOf(n, kinds int) func() []event.Event {
	return func() []event.Event { return beside(signSecond(n, kinds, 40)) }
}

// oneKind is a second of one kind, shared by the rows that ask for it; alone has an author for each event, and crowd1200
// some kinds and authors.
var (
	oneKind = sync.OnceValue(func() []event.Event { return beside(signSecond(crowded, 1, 40)) })
	alone   = sync.OnceValue(func() []event.Event { return beside(signSecond(1200, 1, 1200)) })

	crowd1200 = sync.OnceValue(manyOf(1200, 40))
)

func beside(second []event.Event) []event.Event {
	return append(second[:len(second):len(second)], world().Events[:300]...)
}

// signSecond signs n events of one second on all cores.
func signSecond(n, kinds, authors int) []event.Event {
	keys := make([]event.Key, authors)
	for i := range keys {
		keys[i] = event.GenerateKey()
	}
	events := make([]event.Event, n)
	var signing sync.WaitGroup
	for part := range 4 {
		signing.Go(func() {
			for i := part; i < n; i += 4 {
				events[i] = keys[i%authors].Sign(1_700_000_000, uint16(1+i%kinds), nil, fmt.Sprint(i))
			}
		})
	}
	signing.Wait()
	return events
}

// authors are some of the world's.
func authors(n int) (some []event.PubKey) {
	for _, key := range world().Keys()[:n] {
		some = append(some, key.PubKey())
	}
	return some
}

// addLate has a relay receive events that are dated in settled history, or so long before the walk.
func addLate(ago time.Duration) func(*simrelay.Relay) {
	return func(r *simrelay.Relay) {
		key, middle := event.GenerateKey(), world().Events[700].CreatedAt
		for i := range int64(20) {
			at := middle - 1000*i
			if ago > 0 {
				at = time.Now().AddDate(0, 0, -walkedDays).Add(-ago).Unix() + i
			}
			r.Add(key.Sign(at, 1, nil, fmt.Sprint("late ", i)))
		}
		r.Add(key.Sign(1_500_000_000, 1, nil, "older than all others"))
	}
}

func withFuture() []event.Event {
	key, now := event.GenerateKey(), time.Now()
	return append([]event.Event{
		key.Sign(now.Add(time.Hour).Unix(), 1, nil, "an hour"), key.Sign(now.AddDate(1, 0, 0).Unix(), 1, nil, "a year"),
		key.Sign(now.UnixMilli(), 1, nil, "milliseconds"), key.Sign(1<<62, 1, nil, "far"),
	}, world().Events...)
}

// fast are events dated in the hour after now, as ours are too for relays whose clock is behind.
func fast() []event.Event {
	key, now := event.GenerateKey(), time.Now().Unix()
	events := slices.Clone(world().Events[:1000])
	for i := range int64(60) {
		events = append(events, key.Sign(now+i*60, 1, nil, fmt.Sprint("fast ", i)))
	}
	return events
}

// signedAgain is the world with other signatures, which are good as well, for some of it.
func signedAgain() []event.Event {
	w := world()
	keys := map[event.PubKey]event.Key{}
	for _, key := range w.Keys() {
		keys[key.PubKey()] = key
	}
	events := slices.Clone(w.Events)
	for i := 0; i < len(events); i += 50 {
		e := &events[i]
		again := keys[e.PubKey].Sign(e.CreatedAt, e.Kind, e.DecodeTags(), e.DecodeContent())
		if again.ID != e.ID || again.Sig == e.Sig {
			panic("signing again did not give the same id and another signature")
		}
		*e = again
	}
	return events
}
