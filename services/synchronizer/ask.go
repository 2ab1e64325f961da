package synchronizer

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// asker asks one relay, over one connection at a time. It opens the connection when it needs
// one, repeats a question that failed in passing, keeps to the relay's budget and counts.
type asker struct {
	dialer  *relay.Dialer
	url     relay.URL
	filter  event.Filter
	manners *manners
	limit   int           // events asked for at once
	dialing time.Duration // deadline of a connection
	idle    time.Duration // longest silence within an answer
	longest time.Duration // from a question to the end of its answer
	tries   int           // how often a question is repeated
	pause   time.Duration // before the first repetition; doubles with each
	pace    *rate.Limiter

	giant bool // the limit was lowered because of a frame that is too large

	conn     *relay.Conn
	requests int
	bytes    int
}

// ask returns the answer that ended in EOSE, or the error that ended the last try. Beside an
// error that says the answer was too large it returns how far the answer came.
func (a *asker) ask(ctx context.Context, q question) (answer, error) {
	for try := 0; ; try++ {
		got, err := a.once(ctx, q)
		if err == nil {
			return got, nil
		}
		a.hangUp() // the rest of an answer may be on its way
		if errors.Is(err, errTooMuch) || tooLarge(err) {
			return got, err
		}
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		if try >= a.tries || !transient(err) {
			return answer{}, err
		}
		if !app.Sleep(ctx, app.Jitter(a.pause<<try, pauseSpread)) {
			return answer{}, ctx.Err()
		}
	}
}

// fit asks about an interval, for ever fewer events while the answer is too large to be held or
// holds a frame that is too large to be read: the relay may send others before it.
func (a *asker) fit(ctx context.Context, iv Interval) (answer, error) {
	for {
		got, err := a.ask(ctx, question{Interval: iv})
		giant := tooLarge(err) && a.limit > 1
		if !giant && (!errors.Is(err, errTooMuch) || a.limit <= fewEvents) {
			return got, err
		}
		a.limit /= 2
		a.giant = a.giant || giant
	}
}

// once asks once. The answer of a question that grew too large says how far it came.
func (a *asker) once(ctx context.Context, q question) (answer, error) {
	if err := a.connect(ctx); err != nil {
		return answer{}, err
	}
	if err := a.pace.Wait(ctx); err != nil {
		return answer{}, err
	}
	collector := newCollector(a.question(q))
	request := relay.Request{Filter: a.manners.adapt(a.question(q)), Idle: a.idle, MaxEvents: maxAnswerEvents}
	request.Filter.Limit = &a.limit
	bounded, cancel := context.WithTimeout(ctx, a.longest)
	defer cancel()
	got, err := a.conn.Query(bounded, request, collector.take)
	a.requests++
	a.bytes += got.Bytes
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = &relay.Error{Class: relay.ClassTimeout, Err: errSlow}
	}
	return collector.answer, err
}

// question is the filter that the question means.
func (a *asker) question(q question) event.Filter {
	filter := a.filter
	filter.Since, filter.Until = &q.Since, &q.Until
	if q.kinds != nil {
		filter.Kinds = q.kinds
	}
	if q.authors != nil {
		filter.Authors = q.authors
	}
	return filter
}

func (a *asker) connect(ctx context.Context) error {
	if a.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.dialing)
	defer cancel()
	conn, err := a.dialer.Connect(ctx, a.url)
	if err != nil {
		return err
	}
	a.conn = conn
	return nil
}

func (a *asker) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

// pauseSpread is the share of a pause that chance decides.
const pauseSpread = 0.25

// tooLarge says whether a frame was larger than we read: an event that the archive cannot hold.
func tooLarge(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	return ok && failure.Class == relay.ClassTooLarge
}

// errSlow says that an answer did not end in its time, although frames kept coming.
var errSlow = errors.New("answer was too slow")

// transient says whether the same question may fare better in a moment.
func transient(err error) bool {
	failure, ok := errors.AsType[*relay.Error](err)
	if !ok || errors.Is(err, errSlow) {
		return false
	}
	switch failure.Class {
	case relay.ClassDisconnect, relay.ClassTimeout, relay.ClassUnreachable:
		return true
	case relay.ClassClosed:
		return busy(failure.Prefix)
	case relay.ClassNotice:
		return failure.Prefix == rateLimited
	}
	return false
}

// rateLimited is the prefix of NIP-01 that asks for patience, in a CLOSED or a NOTICE in its place.
const rateLimited = "rate-limited"

// busy says whether a CLOSED tells of the relay's own trouble, by its prefix, and does not refuse us.
func busy(prefix string) bool {
	return prefix == rateLimited || prefix == "error" || prefix == ""
}
