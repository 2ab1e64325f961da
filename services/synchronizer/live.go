package synchronizer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// live is the subscription of a session: what its relay receives from now on, whatever its date.
type live struct {
	slot   chan struct{} // where its slot goes back to; nil = the relay is not followed
	subs   []*relay.Live // of the session's present connection
	done   chan struct{} // closed when one of them has ended
	apart  bool          // the relay takes one filter in a subscription
	behind bool          // it takes no subscription beside another: this one is opened behind the walk
	heard  atomic.Uint64 // events since the last turn
	bytes  atomic.Int64  // since they were counted against the day's budget
	forged atomic.Int64  // events whose signature was bad
}

// Done is closed when the subscription has ended.
func (l *live) Done() <-chan struct{} {
	if len(l.subs) == 0 {
		return ended
	}
	return l.done
}

// close ends the subscription and keeps the slot.
func (l *live) close() {
	for _, sub := range l.subs {
		sub.Close()
	}
	l.subs = nil
}

var ended = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

func (x *session) following() bool { return x.live.slot != nil }

// follow takes a slot for a live subscription, if there is one and the relay is to be followed.
func (x *session) follow() {
	if x.following() || !x.policy.Live || x.policy.Priority == priorityLow {
		return
	}
	slots := x.followers[x.url.Network()]
	select {
	case slots <- struct{}{}:
		x.live.slot = slots
		relaysFollowed.Inc()
	default:
	}
}

func (x *session) stopFollowing() {
	if !x.following() {
		return
	}
	<-x.live.slot
	x.live.slot = nil
	relaysFollowed.Dec()
	x.live.close()
}

// makeRoom ends the following of a relay that brought nothing since its last turn when others wait
// for a slot: it is asked again in turns, and may come back.
func (x *session) makeRoom() {
	if x.following() && len(x.live.slot) == cap(x.live.slot) && x.live.heard.Load() == 0 && x.policy.Priority != priorityHigh {
		x.stopFollowing()
	}
}

// giveWay ends the following of a relay whose address has no connection left for us: relays behind the same address wait for
// one. It is asked in turns, and may be followed after a later one.
func (x *session) giveWay(ctx context.Context) {
	if x.following() && x.asker.conn != nil && x.policy.Priority != priorityHigh && x.budget.Full(ctx, x.asker.conn.Remote().Addr()) {
		x.stopFollowing()
		x.asker.hangUp()
	}
}

// subscribe opens the live subscription on a new connection. A relay that does not open it is asked in
// turns only, until the next turn. listening is the context of the whole session.
func (x *session) subscribe(ctx, listening context.Context) error {
	if !x.following() || x.live.behind {
		return nil
	}
	filters, one := slices.Clone(x.policy.Filters), 1
	for i := range filters {
		filters[i].Limit = &one // the walk brings the others
	}
	err := x.openLive(ctx, listening, filters)
	if err == nil || listening.Err() != nil {
		return err
	}
	if answersNothing(err) && len(filters) > 1 && !x.live.apart {
		x.live.apart = true
	} else {
		x.stopFollowing()
	}
	x.asker.hangUp() // what it sends late would be taken for an answer
	return x.asker.connect(listening)
}

// followBehind opens the live subscription after a walk, with what came since the walk began.
func (x *session) followBehind(ctx context.Context, began int64) {
	filters, one, since := slices.Clone(x.policy.Filters), 1, began-onTheWay
	for i := range filters {
		missed := filters[i]
		filters[i].Limit, missed.Since = &one, &since
		filters = append(filters, missed)
	}
	err := x.asker.insist(ctx, func() error { return x.asker.connect(ctx) })
	if err == nil {
		opening, cancel := context.WithTimeout(ctx, x.asker.longest)
		defer cancel()
		err = x.openLive(opening, ctx, filters)
	}
	if err != nil {
		x.stopFollowing()
		x.asker.hangUp()
	}
}

// openLive follows the filters, with a key where the relay wants to know who asks.
func (x *session) openLive(ctx, listening context.Context, filters []event.Filter) error {
	err := x.openSubs(ctx, listening, filters)
	if !wantsKey(err) {
		return err
	}
	if x.asker.auth = authRequired; x.asker.key == nil {
		return err
	}
	if err := x.asker.logIn(ctx); err != nil {
		return err
	}
	return x.openSubs(ctx, listening, filters)
}

// openSubs follows all filters in one subscription, or where the relay does not take that in one for each. None has a since,
// except for what is stored already: what a relay receives late counts as well.
func (x *session) openSubs(ctx, listening context.Context, filters []event.Filter) error {
	size := len(filters)
	if x.live.apart {
		size = 1
	}
	x.live.close()
	done := make(chan struct{})
	var ending sync.Once
	for some := range slices.Chunk(filters, size) {
		sub, err := x.asker.conn.Follow(ctx, some, x.asker.idle, x.hear(listening))
		if err != nil {
			x.live.close()
			return err
		}
		x.live.subs, x.live.done = append(x.live.subs, sub), done
		go func() {
			<-sub.Done()
			ending.Do(func() { close(done) })
		}()
	}
	return nil
}

// refusal says whether a relay would not do what it was asked.
func refusal(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && !transient(err) && (failure.Class == relay.ClassClosed || failure.Class == relay.ClassNotice || failure.Class == relay.ClassAuth)
}

// answersNothing says whether a relay refused a question, for now or for ever.
func answersNothing(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && (failure.Class == relay.ClassClosed || failure.Class == relay.ClassNotice)
}

// hear hands live events to the tail. While the tail is full the relay's socket is not read.
func (x *session) hear(ctx context.Context) func(raw []byte) {
	return func(raw []byte) {
		x.live.bytes.Add(int64(len(raw)))
		e, err := parse(raw, int(x.cfg.EventMax))
		if err != nil {
			x.refused().add(reasonOf(err))
			return
		}
		if reason := x.unwanted(&e); reason != "" {
			x.refused().add(reason)
			return
		}
		x.tail.offer(ctx, arrival{session: x, event: e, at: time.Now(), room: int64(len(raw))})
	}
}

// unwanted returns why a live event is not archived, or "".
func (x *session) unwanted(e *event.Event) string {
	switch {
	case !slices.ContainsFunc(x.policy.Filters, func(f event.Filter) bool { return f.Matches(e) }):
		return rejectedOutside
	case e.Kind == kindAuth:
		return rejectedAuth
	}
	return ephemeral(x.cfg.Ephemeral).refuses(e)
}

// spendLive counts what came live against the relay's budget of the day, and hangs up when it is spent.
func (x *session) spendLive(ctx context.Context) {
	if n := x.live.bytes.Swap(0); n > 0 && x.spend(ctx, int(n)) {
		x.asker.over = true
		x.asker.hangUp()
	}
}
