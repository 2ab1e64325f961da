package synchronizer

import (
	"context"
	"errors"
	"math"
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
	limit   int // events asked for at once
	largest int // bytes of an event that is archived; 0 = event.MaxBytes
	mode    ephemeral
	dialing time.Duration // deadline of a connection
	idle    time.Duration // longest silence within an answer
	longest time.Duration // from a question to the end of its answer
	tries   int           // how often a question is repeated
	pause   time.Duration // before the first repetition; doubles with each
	pace    *rate.Limiter
	key     *event.Key                  // answers the relay's challenges; nil = none is answered
	opening func(context.Context) error // called with each new connection; nil = nothing

	spend  func(context.Context, int) (over bool) // counts received bytes; nil = nobody counts
	denied func() bool                            // whether the relay opted out meanwhile; nil = it cannot

	span    int64         // seconds that one question may be about; 0 = any
	linger  time.Duration // how long events behind an EOSE are waited for
	wary    bool          // what comes behind the EOSE of this question is watched for
	first   *watch        // over the first answer; nil = none
	giant   bool          // the limit was lowered because of a frame that is too large
	lowered bool          // the limit was lowered because the relay does not answer a higher one
	over    bool          // the bytes of the day are spent

	conn     *relay.Conn
	loggedIn bool
	auth     string // what the relay made of NIP-42
	opened   int    // connections
	requests int
	bytes    int
}

// ask returns the answer that ended in EOSE, or the error that ended the last try. Beside an
// error that says the answer was too large it returns how far the answer came.
func (a *asker) ask(ctx context.Context, q question) (answer, error) {
	var got answer
	once := func() (err error) {
		got, err = a.once(ctx, q)
		return err
	}
	err := a.insist(ctx, once)
	for a.shorten(&got, err) {
		err = a.insist(ctx, once)
	}
	if err != nil && !errors.Is(err, errTooMuch) && !tooLarge(err) {
		return answer{}, err
	}
	return got, err
}

// insist repeats what failed in passing, on a new connection. A relay that could not be reached at all is not tried
// twice in one turn: it may be dead, and its slot is somebody else's then.
func (a *asker) insist(ctx context.Context, once func() error) error {
	for try := 0; ; try++ {
		another := a.unsettled()
		err := once()
		if err == nil || errors.Is(err, errSpent) {
			return err
		}
		if a.conn != nil && (a.conn.Err() != nil || !answered(err)) {
			a.hangUp() // the rest of an answer may be on its way
		}
		if limited(err) {
			a.slowDown()
		}
		if another && answersNothing(err) { // beside the first answer's, it may be one subscription too many
			if err := a.settle(ctx); err != nil {
				return err
			}
			try--
			continue
		}
		switch {
		case errors.Is(err, errTooMuch) || tooLarge(err):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case try >= a.tries || a.opened == 0 || !transient(err):
			return err
		case !app.Sleep(ctx, app.Jitter(a.pause<<try, pauseSpread)):
			return ctx.Err()
		}
	}
}

// slowestPace is the fewest requests a second to which a relay's wish for patience leads.
const slowestPace = 0.1

// slowDown halves the pace for the rest of the turn.
func (a *asker) slowDown() {
	if pace := a.pace.Limit(); pace != rate.Inf {
		a.pace.SetLimit(min(pace, max(pace/2, slowestPace)))
	}
}

// fit asks about an interval, for ever fewer events while the answer is too large to be held or
// holds a frame that is too large to be read: the relay may send others before it.
func (a *asker) fit(ctx context.Context, iv Interval) (answer, error) {
	for {
		got, err := a.ask(ctx, question{Interval: a.within(iv)})
		giant := tooLarge(err) && a.limit > 1
		if !giant && (!errors.Is(err, errTooMuch) || a.limit <= fewEvents) {
			return got, err
		}
		a.limit /= 2
		a.giant = a.giant || giant
	}
}

// once asks once. The answer of a question that grew too large says how far it came.
func (a *asker) once(ctx context.Context, q question) (got answer, err error) {
	err = a.spoken(ctx, func(ctx context.Context) (bytes int, err error) {
		got, bytes, err = a.query(ctx, q)
		return bytes, err
	})
	return got, err
}

// query puts one question to the open connection.
func (a *asker) query(ctx context.Context, q question) (answer, int, error) {
	collector := newCollector(a.question(q), a.largest)
	collector.mode = a.mode
	collector.askedAt = time.Now().Unix()
	request := relay.Request{Filter: a.manners.adapt(a.request(q)), Idle: a.idle, MaxEvents: maxAnswerEvents, Linger: a.linger}
	var first *watch
	if a.wary {
		first = a.watch(&request, collector)
	}
	said, err := a.conn.Query(ctx, request, collector.take)
	if first != nil && err == nil {
		first.over, a.first = said.Settled, first
	}
	got := collector.answer
	if got.hint = said.Hint; said.Malformed > 0 {
		got.rejected[rejectedFrame] = said.Malformed
	}
	return got, said.Bytes, err
}

// spoken runs one exchange with the relay: connected, at the relay's pace, in its time, and once
// more after answering its challenge when it wants to know who asks. The exchange returns how many
// bytes came.
func (a *asker) spoken(ctx context.Context, exchange func(context.Context) (int, error)) error {
	if err := a.connect(ctx); err != nil {
		return err
	}
	err := a.exchange(ctx, exchange)
	if a.key == nil || a.loggedIn || !wantsKey(err) {
		return err
	}
	if err := a.logIn(ctx); err != nil {
		return err
	}
	return a.exchange(ctx, exchange)
}

func (a *asker) exchange(ctx context.Context, exchange func(context.Context) (int, error)) error {
	if a.over {
		return errSpent
	}
	if a.denied != nil && a.denied() {
		return &relay.Error{Class: relay.ClassDenied}
	}
	if err := a.pace.Wait(ctx); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, a.longest)
	defer cancel()
	bytes, err := exchange(bounded)
	a.requests++
	a.bytes += bytes
	if wantsKey(err) {
		a.auth = authRequired
	}
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = &relay.Error{Class: relay.ClassTimeout, Err: errSlow}
	}
	if a.spend != nil {
		a.over = a.spend(ctx, bytes)
	}
	return err
}

// question is the filter that the question means.
func (a *asker) question(q question) event.Filter {
	filter := a.filter
	if q.open {
		q.Until = math.MaxInt64
	}
	filter.Since, filter.Until = &q.Since, &q.Until
	if q.kinds != nil {
		filter.Kinds = q.kinds
	}
	if q.authors != nil {
		filter.Authors = q.authors
	}
	if q.ids != nil {
		filter.IDs = q.ids
	}
	return filter
}

// request is the filter as it is sent.
func (a *asker) request(q question) event.Filter {
	filter := a.question(q)
	if filter.Limit = &a.limit; q.open {
		filter.Until = nil
	}
	return filter
}

func (a *asker) connect(ctx context.Context) error {
	if a.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.dialing+a.idle)
	defer cancel()
	dialing, stop := context.WithTimeout(ctx, a.dialing)
	defer stop()
	conn, err := a.dialer.Connect(dialing, a.url)
	if err != nil {
		return err
	}
	a.conn, a.loggedIn = conn, false
	a.opened++
	if a.opening == nil {
		return nil
	}
	return a.opening(ctx)
}

func (a *asker) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

// pauseSpread is the share of a pause that chance decides.
const pauseSpread = 0.25
