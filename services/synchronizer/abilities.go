package synchronizer

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	// patience is how long an ability is waited for: a relay that lacks it may say nothing at all.
	patience = 5 * time.Second
	// wantedSubscriptions is how many we open at once: a live one, and some that fetch by id.
	wantedSubscriptions = 1 + inFlight
)

// probeAbilities finds out what the relay can do beyond NIP-01, by trying: what it says of itself is
// not asked. Whatever fails here is an ability that it lacks. all and back are the answers about
// everything and about what is older than the first.
func (m *manners) probeAbilities(ctx context.Context, a *asker, all, back *answer) {
	m.hints = truthful(all, back)
	idle := a.idle
	a.idle = min(idle, patience)
	defer func() { a.idle = idle }()
	for _, try := range []func(context.Context, *asker, *answer, *answer) error{m.tryCount, m.tryNegentropy, m.trySubscriptions} {
		if try(ctx, a, all, back) != nil && a.conn != nil && a.conn.Err() != nil {
			a.hangUp()
		}
	}
}

// truthful says whether the hints of NIP-67 came and were true.
func truthful(all, back *answer) bool {
	older := len(back.events) > 0 && back.oldest() < all.oldest()
	return all.hint == hintFinish && !older || all.hint == hintMore && older
}

// tryCount asks how many events the stretch of the first answer holds that is surely whole.
func (m *manners) tryCount(ctx context.Context, a *asker, all, back *answer) error {
	m.counts = false
	whole := Interval{Since: all.oldest() + 1, Until: all.newest()}
	if m.order != orderNewest || whole.Since > whole.Until {
		return nil
	}
	n, err := a.count(ctx, question{Interval: whole})
	m.counts = err == nil && n == int64(all.within(whole))
	return err
}

// count asks how many events a question selects (NIP-45).
func (a *asker) count(ctx context.Context, q question) (n int64, err error) {
	err = a.spoken(ctx, func(ctx context.Context) (int, error) {
		counted, err := a.conn.Count(ctx, a.question(q), a.idle)
		if n = counted.N; counted.Approximate {
			n = -1
		}
		return 0, err
	})
	return n, err
}

// tryNegentropy reconciles the stretch of both answers with nothing and sees whether the relay
// offers what it has sent: some offer their newest events only, and say nothing of the others.
func (m *manners) tryNegentropy(ctx context.Context, a *asker, all, back *answer) error {
	m.negentropy = false
	if m.order != orderNewest || m.untilExclusive || m.sinceExclusive || m.ignoresUntil || m.ignoresSince {
		return nil
	}
	stretch := Interval{Since: all.oldest(), Until: all.newest()}
	if len(back.events) > 0 {
		stretch.Since = min(stretch.Since, back.oldest()+1)
	}
	client, err := a.negotiate(ctx, a.question(question{Interval: stretch}), []negentropy.Item{})
	for errors.Is(err, errTooMany) && all.within(stretch) > fewEvents {
		stretch.Since += (stretch.Until - stretch.Since + 1) / 2 // it may reconcile fewer at once
		client, err = a.negotiate(ctx, a.question(question{Interval: stretch}), []negentropy.Item{})
	}
	if err != nil {
		return err
	}
	offered := idSet(client.Need())
	for _, answer := range []*answer{all, back} {
		for i := range answer.events {
			e := &answer.events[i]
			if _, ok := offered[e.ID]; !ok && stretch.Since <= e.CreatedAt && e.CreatedAt <= stretch.Until {
				return nil
			}
		}
	}
	m.negentropy = true
	return nil
}

// trySubscriptions opens as many subscriptions as we ever need at the same time beside the live one, one after the other,
// and closes them together: one that has ended is none.
func (m *manners) trySubscriptions(ctx context.Context, a *asker, _, _ *answer) error {
	another := a.unsettled()
	err := m.openSubscriptions(ctx, a)
	if !another || !answersNothing(err) {
		return err
	}
	if err := a.settle(ctx); err != nil { // the first answer's was open beside them
		return err
	}
	if a.conn != nil && a.conn.Err() != nil {
		a.hangUp()
	}
	return m.openSubscriptions(ctx, a)
}

func (m *manners) openSubscriptions(ctx context.Context, a *asker) error {
	m.maxSubscriptions = 0
	var open []*relay.Live
	defer func() {
		for _, live := range open {
			live.Close()
		}
	}()
	limit := 1
	for i := range wantedSubscriptions {
		nothing := event.Filter{IDs: []event.ID{{31: byte(i)}}, Limit: &limit} // an id that no event has
		err := a.spoken(ctx, func(ctx context.Context) (int, error) {
			live, err := a.conn.Follow(ctx, []event.Filter{nothing}, a.idle, func([]byte) {})
			if err == nil {
				open = append(open, live)
			}
			return 0, err
		})
		if err != nil {
			return err
		}
		m.maxSubscriptions++
	}
	return nil
}
