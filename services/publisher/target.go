package publisher

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

const (
	sendTimeout = 30 * time.Second // for connecting, logging in and a verdict
	idleTimeout = 20 * time.Second // after which a connection is closed
	sendEvery   = 500 * time.Millisecond
	sendBurst   = 10

	firstBackOff   = 15 * time.Second // then doubling
	longestBackOff = time.Hour
	backOffSpread  = 0.2
)

// target is one publish relay: one connection, one pace, one back-off. Nobody waits for another one.
type target struct {
	url     relay.URL
	dialer  *relay.Dialer
	auth    *event.Key    // logs in; nil = nobody does
	backOff time.Duration // the first one
	pace    *rate.Limiter

	told map[uint16]store.Publication // what this process said of the monitor itself, by kind; of one goroutine

	mu       sync.Mutex
	conn     *relay.Conn // nil = none is open
	idle     *time.Timer // closes conn
	failures int         // in a row
	until    time.Time   // it is left alone
}

func (p *Publisher) newTarget(url relay.URL) *target {
	t := &target{url: url, dialer: p.dialer, backOff: p.backOff, pace: rate.NewLimiter(rate.Every(sendEvery), sendBurst),
		told: map[uint16]store.Publication{}}
	if p.cfg.Auth {
		t.auth = &p.key
	}
	return t
}

// await waits until the relay may be asked again, and says whether it had to: what was known before may not hold any more.
func (t *target) await(ctx context.Context) (waited bool) {
	for {
		t.mu.Lock()
		wait := time.Until(t.until)
		t.mu.Unlock()
		if wait <= 0 || !app.Sleep(ctx, wait) {
			return waited
		}
		waited = true
	}
}

// send publishes an event and returns the relay's verdict. An error means that there is none; the relay is left alone for a
// while then, longer each time. So it is when it says that we are too fast.
func (t *target) send(ctx context.Context, e event.Event) (relay.OK, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	ok, err := t.submit(ctx, e)
	if err == nil && !ok.Accepted && ok.Prefix == "rate-limited" {
		err = &relay.Error{Class: relay.ClassClosed, Prefix: ok.Prefix, Text: ok.Text}
	}
	if err != nil {
		t.failures++
		t.until = time.Now().Add(app.Jitter(min(t.backOff<<min(t.failures-1, 16), longestBackOff), backOffSpread))
		return relay.OK{}, err
	}
	t.failures = 0
	return ok, nil
}

// submit asks over the open connection, or a new one.
func (t *target) submit(ctx context.Context, e event.Event) (relay.OK, error) {
	reused := t.conn != nil
	ok, err := t.ask(ctx, e)
	if err != nil && reused && ctx.Err() == nil {
		ok, err = t.ask(ctx, e) // relays close what is idle
	}
	return ok, err
}

func (t *target) ask(ctx context.Context, e event.Event) (relay.OK, error) {
	conn, err := t.connect(ctx)
	if err != nil {
		return relay.OK{}, err
	}
	ok, err := conn.PublishAs(ctx, e, t.auth)
	if err != nil {
		t.hangUp()
	}
	return ok, err
}

// connect returns the open connection or a new one.
func (t *target) connect(ctx context.Context) (*relay.Conn, error) {
	if t.conn != nil && t.conn.Err() == nil {
		t.idle.Reset(idleTimeout)
		return t.conn, nil
	}
	t.hangUp()
	conn, err := t.dialer.Connect(ctx, t.url)
	if err != nil {
		return nil, err
	}
	t.conn = conn
	t.idle = time.AfterFunc(idleTimeout, conn.Close)
	return conn, nil
}

// hangUp closes the connection.
func (t *target) hangUp() {
	if t.conn != nil {
		t.idle.Stop()
		t.conn.Close()
		t.conn = nil
	}
}

// close ends the target.
func (t *target) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hangUp()
}

// firstFailure says whether the last failure was the first in a row.
func (t *target) firstFailure() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failures == 1
}
