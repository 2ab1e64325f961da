package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// turn visits the relay and says when the next visit is due. The visit is on INGEST when it returns
// without an error; its error is our fault, and the task is given back then.
func (x *session) turn(ctx context.Context) (next time.Time, err error) {
	before, err := x.store.LastVisit(ctx, x.task.URL, subject.JobSync)
	if err != nil {
		return next, err
	}
	visit := &ingest.Visit{
		Relay: x.task.URL, Vantage: x.network.Vantage, Job: subject.JobSync,
		StartedAt: time.Now().Unix(), Rejected: map[string]uint64{},
	}
	err = x.visit(ctx, visit)
	outcome, reason, ours := judge(err)
	if ours {
		return next, giveBack(err)
	}
	outcome = soften(outcome, err, visit.Pages)
	if outcome != outcomeDone && outcome != outcomePaused || errors.Is(err, errSpent) {
		x.stopFollowing()
	}
	now := time.Now()
	next = now.Add(x.pauseAfter(err, outcome, reason, visit.NewEvents > 0, before, now))
	visit.EndedAt, visit.Outcome, visit.Reason, visit.NextAt = now.Unix(), outcome, reason, next.Unix()
	visit.LiveEvents = x.live.heard.Swap(0)
	x.refused().take(visit.Rejected)
	if err := x.publish(ctx, subject.IngestPages, &ingest.Batch{Visits: []*ingest.Visit{visit}}); err != nil {
		return next, err
	}
	turnsTaken.WithLabelValues(outcome, reason).Inc()
	x.log.Info("Relay was visited", app.Relay, app.Quote(x.task.URL), app.Outcome, outcome, app.Reason, reason,
		app.New, visit.NewEvents, app.Known, visit.KnownEvents, app.Requests, visit.Requests,
		app.Took, now.Sub(time.Unix(visit.StartedAt, 0)).Milliseconds())
	x.task.ReadableAt, x.task.Audit = 0, nil
	return next, nil
}

const (
	// busyAgain is when a relay is tried again to whose address we have as many connections as we allow ourselves.
	busyAgain = 20 * time.Second
	// proxyAgain is when a relay is tried again whose network's proxy cannot be reached.
	proxyAgain = time.Minute
)

// giveBack is the verdict on a turn that failed on our side.
func giveBack(err error) error {
	err = fmt.Errorf("walk relay: %w", err)
	failure, ok := errors.AsType[*relay.Error](err)
	if !ok || failure.Class == relay.ClassCanceled {
		return err
	}
	turnsGivenBack.WithLabelValues(failure.Reason()).Inc()
	if failure.Class == relay.ClassNoProxy {
		return bus.Retry(proxyAgain, err)
	}
	return bus.Retry(busyAgain, err)
}

// visit walks what is due at the relay. Its error is the relay's or ours; judge tells.
func (x *session) visit(ctx context.Context, visit *ingest.Visit) error {
	if err := x.allowed(ctx); err != nil {
		return err
	}
	a := x.readyAsker(ctx)
	defer func() {
		visit.Requests, visit.Bytes = uint32(a.requests), uint64(a.bytes)
		requestsSent.Add(float64(a.requests))
		bytesReceived.Add(float64(a.bytes))
	}()
	x.follow()
	if x.live.behind {
		x.live.close()
	}
	err := x.ask(ctx, a, visit)
	if x.following() && !x.live.behind && visit.Pages == 0 && answersNothing(err) {
		x.live.behind = true // the live subscription may be the only one that the relay allows
		x.live.close()
		a.hangUp()
		err = x.ask(ctx, a, visit)
	}
	if err == nil && x.following() && x.live.behind {
		x.followBehind(ctx, visit.StartedAt)
	}
	return err
}

// ask learns how the relay answers and walks what is due. A relay that says EOSE too early has not answered yet: it is asked
// again with more patience.
func (x *session) ask(ctx context.Context, a *asker, visit *ingest.Visit) error {
	err := x.askOnce(ctx, a, visit)
	if !errors.Is(err, errEarly) {
		return err
	}
	a.first, a.linger = nil, lingeringOn
	a.limit, a.lowered = x.policy.PageLimit, false
	visit.Pages, visit.NewEvents, visit.KnownEvents, visit.MissingEvents = 0, 0, 0, 0
	return x.askOnce(ctx, a, visit)
}

func (x *session) askOnce(ctx context.Context, a *asker, visit *ingest.Visit) error {
	x.out = &outbox{Synchronizer: x.Synchronizer, asker: a}
	probed, err := x.learn(ctx, a, x.policy.Filters[0])
	if err != nil {
		return err
	}
	// The subscription stands before the walk asks for "now", so that nothing falls between.
	if err := a.insist(ctx, func() error { return a.connect(ctx) }); err != nil {
		return err
	}
	before := *a.manners
	err = x.walk(ctx, a, visit)
	if err := x.out.flush(ctx); err != nil {
		return err
	}
	if probed && a.manners.cap > 0 || a.manners.contradict(&before) { // one that had nothing to show is probed again
		err = errors.Join(err, x.remember(ctx, a))
	}
	return err
}

// walk goes through the filters one after the other: they never share a limit.
func (x *session) walk(ctx context.Context, a *asker, visit *ingest.Visit) error {
	w := &walker{
		asker: a, authors: map[event.PubKey]struct{}{}, visit: visit,
		deadline: time.Now().Add(x.policy.Quantum),
	}
	if err := x.audit(ctx, w, visit); err != nil {
		return err
	}
	for _, filter := range x.policy.Filters {
		if err := x.walkFilter(ctx, w, filter, visit); err != nil {
			return err
		}
	}
	return nil
}

// catchUps is how often a turn walks what came while it was walking, on a relay that cut the connection.
const catchUps = 3

func (x *session) walkFilter(ctx context.Context, w *walker, filter event.Filter, visit *ingest.Visit) error {
	covered, err := x.store.Coverage(ctx, string(w.url), filter.Canonical())
	if err != nil {
		return err
	}
	sink := &sink{Synchronizer: x.Synchronizer, out: x.out, relay: string(w.url), filter: filter, visit: visit, seenBefore: len(covered) > 0}
	w.asker.filter, w.prove = filter, sink
	now, opened := time.Now(), w.opened
	due := todo(covered, x.policy.Start, now, x.cfg.Lookback, x.cfg.Rewalk)
	if err := w.walk(ctx, due.open); err != nil {
		return err
	}
	if err := w.ahead(ctx, now); err != nil {
		return err
	}
	sink.again, w.again = true, true
	if err := w.walk(ctx, due.again); err != nil {
		return err
	}
	sink.again, w.again = false, false
	if x.following() { // what was given up on the way may have cost the connection
		if err := w.insist(ctx, func() error { return w.connect(ctx) }); err != nil {
			return err
		}
	}
	for i := 0; x.following() && w.opened > opened && i < catchUps; i++ {
		missed := Interval{Since: now.Unix(), Until: time.Now().Unix()}
		now, opened = time.Now(), w.opened
		if err := w.walk(ctx, []Interval{missed}); err != nil {
			return err
		}
	}
	return nil
}

// readyAsker makes the asker of the session, or sets its counters back for another turn.
func (x *session) readyAsker(ctx context.Context) *asker {
	p := x.policy
	pace := rate.Inf
	if p.MaxRequests > 0 {
		pace = rate.Limit(p.MaxRequests)
	}
	if x.asker != nil {
		x.asker.requests, x.asker.bytes = 0, 0
		x.asker.limit, x.asker.lowered = p.PageLimit, false
		x.asker.pace.SetLimit(pace)
		return x.asker
	}
	x.asker = &asker{
		dialer: x.dialer, url: x.url, limit: p.PageLimit, largest: int(x.cfg.EventMax), mode: ephemeral(x.cfg.Ephemeral),
		dialing: p.CheckTimeout, idle: p.RequestTimeout, longest: p.Quantum,
		tries: x.cfg.Retries, pause: x.cfg.RetryPause, pace: rate.NewLimiter(pace, 2),
		opening: func(dialing context.Context) error { return x.subscribe(dialing, ctx) },
		spend:   x.spend,
		denied:  func() bool { return x.budget.Denied(x.url) },
	}
	if p.Auth {
		x.asker.key = x.key
	}
	return x.asker
}

// intoTheDay is how long after midnight, on average, a relay is asked again whose bytes of the day before were spent.
const intoTheDay = 30 * time.Minute

// pauseAfter returns how long to leave the relay alone.
func (x *session) pauseAfter(err error, outcome, reason string, news bool, before time.Duration, now time.Time) time.Duration {
	if errors.Is(err, errSpent) {
		return midnight(now).Add(aDay).Sub(now) + app.Jitter(intoTheDay, 1)
	}
	wait := next(x.policy.Interval, outcome, reason, news, before)
	if x.policy.Priority == priorityHigh && outcome == outcomeDone {
		wait = min(wait, x.policy.Interval)
	}
	return app.Jitter(wait, 0.1)
}
