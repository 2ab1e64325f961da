package monitor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	askedAtOnce = 1000      // events, twice the commonest cap
	enoughBytes = 512 << 10 // of events, after which an answer has shown enough
	shortWait   = 3 * time.Second
	mostSubs    = 20 // subscriptions that are tried at once
)

// capabilities tries what a relay is able to do, on one connection and with little: one page of events, then questions
// whose answers the page foretells. What it finds is compared with what the relay says of itself.
func capabilities(ctx context.Context, r *round) Result {
	t := &trial{round: r, idle: min(r.timeout, shortWait)}
	if err := t.page(ctx); err != nil {
		r.hangUp()
		return Result{Err: err}
	}
	found := document.Abilities{Cap: len(t.events), CapReached: t.more}
	found.Hints = t.hints()
	found.Count = t.verdict(ctx, t.count)
	found.Search = t.verdict(ctx, t.search)
	found.Negentropy = t.verdict(ctx, t.negentropy)
	found.Subscriptions, found.SubscriptionsReached = t.subscriptions(ctx)
	r.hangUp()
	if ctx.Err() != nil {
		return Result{Err: errNoTime}
	}
	if r.claims != nil {
		found.Compare(r.claims.SupportedNIPs)
		found.Lies = r.lies(found)
	}
	return Result{}.bring(document.Capabilities, found)
}

// trial is one run of the check.
type trial struct {
	*round
	idle time.Duration // for what a relay may not know

	events []event.Event // the page, as it came; only whole and well-formed ones
	whole  bool          // it ended with EOSE
	more   bool          // and older events exist
	hint   string        // of NIP-67
}

// errEnough ends a page that has shown enough.
var errEnough = errors.New("enough")

// page asks for as many events as anybody gives at once, and whether there are older ones.
func (t *trial) page(ctx context.Context) error {
	bytes := 0
	answer, err := t.query(ctx, event.Filter{}, askedAtOnce, func(raw []byte) error {
		if e, err := event.Parse(raw); err == nil {
			t.events = append(t.events, e)
		}
		if bytes += len(raw); bytes > enoughBytes {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if t.whole, t.hint = err == nil, answer.Hint; err != nil || len(t.events) == 0 || len(t.events) >= askedAtOnce {
		return err
	}
	older := t.oldest() - 1
	answer, err = t.query(ctx, event.Filter{Until: &older}, 1, func([]byte) error { return nil })
	t.more = answer.Events > 0
	return err
}

func (t *trial) query(ctx context.Context, filter event.Filter, limit int, each func([]byte) error) (relay.Answer, error) {
	conn, err := t.connect(ctx)
	if err != nil {
		return relay.Answer{}, err
	}
	filter.Limit = &limit
	return conn.Query(ctx, relay.Request{Filter: filter, Idle: t.timeout, MaxEvents: limit + maxUnasked}, each)
}

func (t *trial) oldest() int64 {
	return slices.MinFunc(t.events, byTime).CreatedAt
}

func (t *trial) newest() int64 {
	return slices.MaxFunc(t.events, byTime).CreatedAt
}

func byTime(a, b event.Event) int { return int(min(max(a.CreatedAt-b.CreatedAt, -1), 1)) }

// hints says whether what EOSE added to the page was true.
func (t *trial) hints() string {
	switch {
	case !t.whole:
		return document.Unknown
	case t.hint == "":
		return document.Refused
	case t.hint == "more" == t.more:
		return document.Works
	}
	return document.Wrong
}

// What a try says beside an error of asking.
var (
	errWrong   = errors.New("the answer is not true")
	errUntried = errors.New("there is nothing to try it with")
)

// verdict tries one ability. A connection that was lost over it is replaced for the next.
func (t *trial) verdict(ctx context.Context, try func(context.Context, *relay.Conn) error) string {
	conn, err := t.connect(ctx)
	if err != nil {
		return document.Unknown
	}
	err = try(ctx, conn)
	if conn.Err() != nil {
		t.hangUp()
	}
	e, asked := errors.AsType[*relay.Error](err)
	switch {
	case err == nil:
		return document.Works
	case errors.Is(err, errUntried), ctx.Err() != nil:
		return document.Unknown
	case !asked:
		return document.Wrong
	}
	switch e.Class {
	case relay.ClassClosed, relay.ClassNotice, relay.ClassNegErr:
		return document.Refused
	case relay.ClassTimeout, relay.ClassDisconnect, relay.ClassAuth:
		return document.Silent
	}
	return document.Wrong
}

// count asks how many events there are in the stretch of the page that is surely whole (NIP-45).
func (t *trial) count(ctx context.Context, conn *relay.Conn) error {
	if !t.whole {
		return errUntried
	}
	filter, want := event.Filter{}, int64(0)
	if len(t.events) > 0 {
		since, until := t.oldest()+1, t.newest()
		filter = event.Filter{Since: &since, Until: &until}
		for i := range t.events {
			if t.events[i].CreatedAt >= since {
				want++
			}
		}
		if since > until {
			return errUntried
		}
	}
	got, err := conn.Count(ctx, filter, t.idle)
	if err == nil && got.N != want && !got.Approximate {
		return errWrong
	}
	return err
}

// subscriptions opens one after the other for an event that nobody has, up to a bound of ours, and closes them together.
func (t *trial) subscriptions(ctx context.Context) (open int, reached bool) {
	conn, err := t.connect(ctx)
	if err != nil {
		return 0, false
	}
	for one := 1; open < mostSubs; open++ {
		nothing := event.Filter{IDs: []event.ID{{31: byte(open)}}, Limit: &one}
		if _, err := conn.Follow(ctx, []event.Filter{nothing}, t.idle, func([]byte) {}); err != nil {
			return open, ctx.Err() == nil
		}
	}
	return open, false
}
