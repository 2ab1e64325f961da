package alerter

import (
	"context"
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
)

// Ways of telling.
const (
	wayWebhook = "webhook"
	wayNostr   = "nostr"
)

const (
	longestBackOff = time.Hour
	backOffSpread  = 0.2
	putOff         = 2 * time.Second         // when NATS or Postgres did not answer
	maxAge         = maxQuiet + 24*time.Hour // of a result; the last one of a relay may wait for the end of the quiet time
)

// route is one way of one subscription. It is used by one goroutine.
type route struct {
	*subscription
	*Alerter
	way  string
	send func(context.Context, Alert) error

	failures int       // of sending, in a row
	until    time.Time // nothing is sent
}

// name is the identity of a route: another receiver of the same subscription begins anew.
func (r *route) name() string {
	receiver := r.Webhook
	if r.way == wayNostr {
		receiver = r.receiver.String()
	}
	return r.Name + "\x00" + r.way + "\x00" + receiver
}

func (r *route) consumer() subject.Consumer {
	return subject.FactConsumer("alerter", subject.StartNew, r.network.Vantage, r.name())
}

// run follows the results of checks until ctx ends.
func (r *route) run(ctx context.Context) error {
	reader := feed.Reader{
		Bus: r.bus, Store: r.store, Vantage: r.network.Vantage, MaxAge: maxAge,
		Consumer: r.consumer(),
		Wants:    func(check feed.Check) bool { return r.about(check.Relay) },
		Passed:   func(reason string) { resultsPassed.WithLabelValues(reason).Inc() },
	}
	return reader.Follow(ctx, r.handle)
}

var (
	errWaited = errors.New("the receiver was away meanwhile")
	errQuiet  = errors.New("it is quiet time")
)

// handle tells what is to be told about a relay. What is sent is remembered before anything else is done.
func (r *route) handle(ctx context.Context, check feed.Check) error {
	if r.await(ctx) {
		return bus.Retry(time.Millisecond, errWaited) // there may be a newer result by now
	}
	before, revision, err := r.recall(ctx, check.Relay)
	if err != nil {
		return r.later(ctx, err)
	}
	m := before
	m.see(stateOf(check))
	quietUntil, unsent := r.tell(ctx, check, &m)
	if m != before || revision > 0 && m.expiring() {
		if err := r.remember(context.WithoutCancel(ctx), check.Relay, m, revision); err != nil {
			return r.later(ctx, err)
		}
	}
	if unsent != nil {
		return r.later(ctx, unsent)
	}
	if wait := time.Until(quietUntil); wait > 0 {
		return bus.Retry(wait, errQuiet)
	}
	return nil
}

// tell sends what is due and notes it. It returns when the rest is, zero for nothing.
func (r *route) tell(ctx context.Context, check feed.Check, m *memory) (quietUntil time.Time, err error) {
	now := time.Now()
	if quietUntil, err = r.tellState(ctx, check, m, now); err != nil {
		return time.Time{}, err
	}
	end, err := r.tellCertificate(ctx, check, m, now)
	if quietUntil.IsZero() || !end.IsZero() && end.Before(quietUntil) {
		quietUntil = end
	}
	return quietUntil, err
}

// tellState tells that a relay is down or back, or that it was so in between.
func (r *route) tellState(ctx context.Context, check feed.Check, m *memory, now time.Time) (quietUntil time.Time, err error) {
	if m.Changes == 0 {
		return time.Time{}, nil
	}
	if !r.wants(kindOf(m.State)) {
		m.settle()
		return time.Time{}, nil
	}
	if end := r.quietEnd(*m, now); end.After(now) {
		return end, nil
	}
	if err := r.attempt(ctx, r.stateAlert(check, *m)); err != nil {
		return time.Time{}, err
	}
	m.settle()
	m.ToldAt = now.Unix()
	return time.Time{}, nil
}

// tellCertificate tells that a certificate ends soon, each one once.
func (r *route) tellCertificate(ctx context.Context, check feed.Check, m *memory, now time.Time) (quietUntil time.Time, err error) {
	cert, ending, err := r.ending(ctx, check)
	if err != nil || !ending || cert.SHA256 == m.Certificate {
		return time.Time{}, err
	}
	if end := r.hours.end(now); end.After(now) {
		return end, nil
	}
	if err := r.attempt(ctx, r.certificateAlert(check, cert)); err != nil {
		return time.Time{}, err
	}
	m.Certificate = cert.SHA256
	return time.Time{}, nil
}

// quietEnd is when the next alert about a state may go out.
func (r *route) quietEnd(m memory, now time.Time) time.Time {
	if end := time.Unix(m.ToldAt, 0).Add(*r.Quiet); m.ToldAt > 0 && end.After(now) {
		now = end
	}
	return r.hours.end(now)
}

// ending returns the certificate of a relay if it ends soon and that is asked for.
func (r *route) ending(ctx context.Context, check feed.Check) (cert document.Certificate, ending bool, err error) {
	if !r.wants(kindCertificate) || !check.Relay.Secure() {
		return cert, false, nil
	}
	documents, err := r.store.Documents(ctx, string(check.Relay), check.Vantage, check.CheckedAt)
	if err != nil {
		return cert, false, err
	}
	cert, err = document.Decode[document.Certificate](documents[document.TLS])
	if err != nil || cert.NotAfter <= 0 || cert.SHA256 == "" {
		return cert, false, nil // it was not measured
	}
	return cert, time.Until(time.Unix(cert.NotAfter, 0)) < certificateNotice, nil
}

// attempt sends one alert. A receiver that cannot be reached is left alone for a while, longer each time.
func (r *route) attempt(ctx context.Context, a Alert) error {
	err := r.send(ctx, a)
	if err == nil {
		r.failures = 0
		alertsSent.WithLabelValues(a.Kind, r.way, "sent").Inc()
		return nil
	}
	alertsSent.WithLabelValues(a.Kind, r.way, "failed").Inc()
	if r.failures++; r.failures == 1 && ctx.Err() == nil {
		r.log.Warn("Alert could not be sent; trying again", app.Source, app.Quote(r.Name), app.Job, r.way, app.Err, err)
	}
	r.until = time.Now().Add(app.Jitter(min(r.backOff<<min(r.failures-1, 16), longestBackOff), backOffSpread))
	return err
}

// await waits until the receiver may be tried again, and says whether it had to.
func (r *route) await(ctx context.Context) (waited bool) {
	for wait := time.Until(r.until); wait > 0; wait = time.Until(r.until) {
		if waited = true; !app.Sleep(ctx, wait) {
			break
		}
	}
	return waited
}

// later has a result come again.
func (r *route) later(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return bus.Retry(putOff, err)
}
