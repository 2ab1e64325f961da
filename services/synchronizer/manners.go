package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Orders in which relays answer.
const (
	orderNewest = "newest"
	orderOldest = "oldest"
	orderNone   = "none"
)

// manners are how one relay answers. The cap is learned with every answer, the rest by probing.
type manners struct {
	order          string
	untilExclusive bool
	sinceExclusive bool
	ignoresUntil   bool
	ignoresSince   bool

	cap      int // most events that an answer held
	shortest int // fewest that an answer held although there was more; 0 = none was cut

	negentropy       bool // NIP-77 reconciles, and what it says agreed with REQ
	hints            bool // NIP-67 hints came and were true
	counts           bool // NIP-45 COUNT was right
	hides            bool // pages come short although more exists
	auth             string
	maxSubscriptions int // open at once, as far as it was tried; 0 = unknown
	maxMessage       int // bytes of a question; 0 = none was refused for its length
	pageLimit        int // brings more at once than a larger limit; 0 = the larger the better

	probedAt int64 // what is stored was probed then; 0 = probed in this turn

	witnesses []event.Event // of the first answer of a probe, without their content
}

// What a relay makes of NIP-42.
const (
	authOffered  = "offered"
	authRequired = "required"
)

// adapt rewrites the bounds of a filter so that a relay with these manners answers what is meant.
func (m *manners) adapt(f event.Filter) event.Filter {
	if m.untilExclusive && f.Until != nil {
		until := *f.Until + 1
		f.Until = &until
	}
	since := *f.Since
	if m.sinceExclusive {
		since--
	}
	if f.Since = &since; since <= 0 {
		f.Since = nil // some relays find nothing for a time before 1970, and some refuse one that long ago
	}
	return f
}

// learn remembers how many events an answer held.
func (m *manners) learn(a *answer) { m.cap = max(m.cap, len(a.events)) }

// excludes learns that the relay leaves the bound out at which its answers begin, and says whether that is news.
func (m *manners) excludes(d direction) (news bool) {
	bound := &m.untilExclusive
	if d == forward {
		bound = &m.sinceExclusive
	}
	news, *bound = !*bound, true
	return news
}

// seen counts the events which the relay had when it was probed in this turn and which are asked for.
func (m *manners) seen(asked event.Filter) (n int) {
	for i := range m.witnesses {
		if asked.Matches(&m.witnesses[i]) {
			n++
		}
	}
	return n
}

// witness remembers the oldest and the newest event of an answer.
func (m *manners) witness(all *answer) {
	oldest, newest := all.events[0], all.events[0]
	for _, e := range all.events {
		if e.CreatedAt < oldest.CreatedAt {
			oldest = e
		}
		if e.CreatedAt > newest.CreatedAt {
			newest = e
		}
	}
	oldest.Content, newest.Content = nil, nil
	m.witnesses = []event.Event{oldest, newest}
}

// learnCut remembers that an answer of n events left others out, unless it was us who asked for no more. One that is
// shorter than another hides some of what it counts.
func (m *manners) learnCut(n, limit int) {
	if n >= limit {
		return
	}
	m.hides = m.hides || n < m.cap
	if m.shortest == 0 || n < m.shortest {
		m.shortest = n
	}
}

// contradict says whether answers taught otherwise than what was believed before.
func (m *manners) contradict(before *manners) bool {
	return m.order != before.order || m.negentropy != before.negentropy || m.maxMessage != before.maxMessage || m.hides != before.hides ||
		m.untilExclusive != before.untilExclusive || m.sinceExclusive != before.sinceExclusive
}

// fewEvents is a number of events that no relay cuts at.
const fewEvents = 16

// under says whether an answer is clearly smaller than what the relay can send at once, so that
// nothing can have been cut off. Relays count hidden events against the limit, so the margin is
// a tenth, or twice the largest shortfall seen.
func (m *manners) under(a *answer, limit int) bool {
	most, least := min(m.cap, limit), fewEvents
	margin := most / 10
	if m.shortest > 0 && m.shortest < most {
		margin = max(margin, 2*(most-m.shortest))
	}
	if m.shortest > 0 && most <= fewEvents {
		margin, least = max(margin, 1), 0 // this one does cut at so few
	}
	return a.sent <= max(most-margin, least) && a.sent < limit
}

// probe finds out how the relay answers, with a few questions: everything; everything up to the
// oldest second of the first answer; the newer half of the first answer once more; and, if the
// first answer lies within one second, whatever is newer.
func probe(ctx context.Context, a *asker, now time.Time) (*manners, error) {
	a.manners = &manners{}
	limit := a.limit
	m, err := probeAll(ctx, a, now)
	if m != nil {
		m.auth = a.askedFor()
	}
	if a.lowered && m != nil {
		m.pageLimit = a.limit
	}
	if a.giant && m != nil {
		a.limit, a.giant = limit, false
		m.cap, m.shortest = 0, 0 // they were ours
	}
	return m, err
}

func probeAll(ctx context.Context, a *asker, now time.Time) (*manners, error) {
	all, err := a.approach(ctx, now)
	if errors.Is(err, errTooMuch) || tooLarge(err) {
		return guess(&all), nil // the walk asks for less until it is not too much any more
	}
	m := &manners{order: orderOf(&all)}
	if err != nil || len(all.events) == 0 {
		return m, err
	}
	m.learn(&all)
	m.witness(&all)
	var back answer
	for _, step := range []func() error{
		func() (err error) { back, err = m.probeBack(ctx, a, &all); return err },
		func() error { return m.probeLimit(ctx, a, &all) },
		func() error { return m.probeHalf(ctx, a, &all) },
		func() error { return m.probeAbove(ctx, a, &all) },
	} {
		err := step()
		if errors.Is(err, errTooMuch) || tooLarge(err) {
			return guess(&all), nil
		}
		if err != nil {
			return nil, err
		}
	}
	m.probeAbilities(ctx, a, &all, &back)
	return m, ctx.Err()
}

// guess returns manners with which nothing is left out, whatever the relay's are: a second more
// than is meant is asked for on either side.
func guess(all *answer) *manners {
	m := &manners{order: orderOf(all), untilExclusive: true, sinceExclusive: true}
	if m.order == orderOldest {
		m.order = orderNone // nothing says that it begins with the oldest of all
	}
	return m
}

// probeBack asks for everything up to the oldest second of the first answer.
func (m *manners) probeBack(ctx context.Context, a *asker, all *answer) (answer, error) {
	oldest := all.oldest()
	back, err := a.fit(ctx, Interval{Since: 0, Until: oldest})
	if err != nil {
		return back, err
	}
	m.learn(&back)
	m.untilExclusive = back.within(Interval{Since: oldest, Until: oldest}) == 0
	m.ignoresUntil = repeats(all, &back)
	if len(back.events) > 0 && back.oldest() < oldest {
		m.learnCut(len(all.events), a.limit)
		if m.order == orderOldest {
			m.order = orderNone // what it sends sorted is not what is oldest
		}
	}
	return back, nil
}

// probeLimit asks for fewer events at once when an answer that was cut held few: a relay may answer a
// limit above its maximum with its default, which is a part of it.
func (m *manners) probeLimit(ctx context.Context, a *asker, all *answer) error {
	largest := a.limit
	for _, times := range []int{4, 2} {
		less := times * all.sent
		if m.shortest == 0 || less == 0 || less >= largest {
			continue
		}
		a.limit = less
		got, err := a.fit(ctx, Interval{Since: 0, Until: all.newest()})
		if err != nil {
			return err
		}
		if got.sent > all.sent {
			m.pageLimit = less
			m.learn(&got)
			return nil
		}
	}
	a.limit = largest
	return nil
}

// probeHalf asks for the newer half of the first answer.
func (m *manners) probeHalf(ctx context.Context, a *asker, all *answer) error {
	middle, newest := newerHalf(all, a.limit), all.newest()
	half, err := a.fit(ctx, Interval{Since: middle, Until: newest})
	if err != nil {
		return err
	}
	m.learn(&half)
	m.ignoresSince = half.past > 0 || half.older > fewEvents
	m.sinceExclusive = half.within(Interval{Since: middle, Until: middle}) == 0
	if m.order == orderOldest {
		half.keepOlder(newest) // of its newest second the first answer may have held a part
	}
	if strangers(&half, all) > tolerated {
		m.order = orderNone // what it sends sorted is not the newest, or the oldest
	}
	return nil
}

// probeAbove asks for what is newer than a first answer of one second alone: from a relay that
// sends newest first, nothing.
func (m *manners) probeAbove(ctx context.Context, a *asker, all *answer) error {
	newest := all.newest()
	if newest > all.oldest() {
		return nil
	}
	above, err := a.fit(ctx, Interval{Since: newest + 1, Until: max(newest+1, time.Now().Unix())})
	if err == nil && len(above.events) > 0 {
		m.order = orderNone
	}
	return err
}

// repeats says whether an answer holds again most of what it was asked to leave out, which no
// handful of strays does. On a relay with few events the difference does not matter.
func repeats(all, back *answer) bool {
	return len(back.ahead) > fewEvents && len(back.ahead) > len(all.events)/2
}

// tolerated is how many events may arrive at a relay while it is probed.
const tolerated = 2

// orderOf reads the order off an answer. One second alone has no order; newest first is then
// assumed, until probeAbove or a later answer contradicts.
func orderOf(a *answer) string {
	descends, ascends := a.order()
	switch {
	case descends:
		return orderNewest
	case ascends:
		return orderOldest
	}
	return orderNone
}

// median returns the created_at in the middle of an answer.
func median(a *answer) int64 {
	times := a.times()
	return times[len(times)/2]
}

// newerHalf returns the created_at at which the newer half of an answer begins, or half of what
// the limit allows, so that a question for it is not cut.
func newerHalf(a *answer, limit int) int64 {
	times := a.times()
	return times[len(times)-1-min(len(times)/2, limit/2, len(times)-1)]
}

// strangers counts the events of a that other lacks.
func strangers(a, other *answer) int {
	ids := make(map[event.ID]struct{}, len(other.events))
	for i := range other.events {
		ids[other.events[i].ID] = struct{}{}
	}
	n := 0
	for i := range a.events {
		if _, ok := ids[a.events[i].ID]; !ok {
			n++
		}
	}
	return n
}

// mannersFrom leaves the cap out: the relay may have lowered it since, and one that is believed
// to be higher than it is makes cut answers look whole. The first answers teach it anew.
func mannersFrom(m *ingest.Manners) *manners {
	return &manners{
		order:          m.Order,
		untilExclusive: m.UntilExclusive, sinceExclusive: m.SinceExclusive,
		ignoresUntil: m.IgnoresUntil, ignoresSince: m.IgnoresSince,
		negentropy: m.Negentropy, hints: m.Hints, counts: m.Counts, hides: m.Hides, auth: m.Auth,
		maxSubscriptions: int(m.MaxSubscriptions), maxMessage: int(m.MaxMessage),
		pageLimit: int(m.PageLimit), probedAt: m.ProbedAt,
	}
}

func (m *manners) message(relay, vantage string, at int64) *ingest.Manners {
	return &ingest.Manners{
		Relay: relay, Vantage: vantage, ProbedAt: at, Order: m.order, Cap: uint32(m.cap),
		UntilExclusive: m.untilExclusive, SinceExclusive: m.sinceExclusive,
		IgnoresUntil: m.ignoresUntil, IgnoresSince: m.ignoresSince,
		Negentropy: m.negentropy, Hints: m.hints, Counts: m.counts, Hides: m.hides, Auth: m.auth,
		MaxSubscriptions: uint32(m.maxSubscriptions), MaxMessage: uint32(m.maxMessage),
		PageLimit: uint32(m.pageLimit),
	}
}
