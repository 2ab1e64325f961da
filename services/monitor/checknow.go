package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Bounds of checks that people wish for: a relay is not asked more often than its own manners allow, however many ask.
const (
	wishEvery  = time.Minute // per relay
	wishBurst  = 30          // per process, at once
	wishRefill = 2 * time.Second
	maxWish    = 2048 // bytes of a request
)

// errWish is all that an asker learns of a failure of ours.
var errWish = errors.New("the archive or the broker is not available; ask again")

// wishes answers requests for a check at once.
type wishes struct {
	m     *Monitor
	limit *rate.Limiter
}

func newWishes(m *Monitor) *wishes {
	return &wishes{m: m, limit: rate.NewLimiter(rate.Every(wishRefill), wishBurst)}
}

// answer is the service: a relay's URL in, one JSON object out.
func (w *wishes) answer(ctx context.Context, body []byte) ([]byte, error) {
	if len(body) > maxWish {
		return nil, fmt.Errorf("a request is one relay URL of at most %d bytes", maxWish)
	}
	answer, err := w.grant(ctx, string(body))
	if err != nil {
		w.m.log.Warn("A check was not made due", app.Relay, answer.URL, app.Err, err)
		return nil, errWish
	}
	wishesMade.WithLabelValues(answer.Verdict).Inc()
	answer.AskedAt = time.Now().Unix()
	text, err := json.Marshal(answer)
	return text, err
}

// grant makes the task of a relay due, from every vantage that checks it.
func (w *wishes) grant(ctx context.Context, text string) (subject.Wish, error) {
	url, err := w.m.dialer.Parser().Parse(text)
	if err != nil {
		return subject.Wish{Verdict: subject.WishRefused, Reason: relay.ReasonOf(err), Hint: "send one relay URL, such as wss://relay.damus.io"}, nil
	}
	answer := subject.Wish{URL: string(url), Verdict: subject.WishAccepted}
	if !w.m.network.Enabled(url.Network()) {
		answer.Verdict, answer.Reason = subject.WishRefused, string(relay.ClassNoProxy)
		answer.Hint = "this monitor has no proxy for " + string(url.Network())
		return answer, nil
	}
	seen, known, err := w.m.store.LastRounds(ctx, string(url))
	switch {
	case err != nil:
		return answer, err
	case !known:
		return w.try(ctx, answer, url.Network())
	}
	if limited, err := w.limited(ctx, &answer, seen[w.m.network.Vantage]); limited || err != nil {
		return answer, err
	}
	answer.Vantages = w.vantages(seen)
	task := bus.Task{URL: string(url), Network: string(url.Network())}
	for _, vantage := range answer.Vantages {
		if err := w.m.bus.Now(ctx, subject.CheckJob(vantage), task); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// try makes the next try of a candidate due, which the validator makes and which counts as any other; the first check
// follows at once if it answers. A URL that nobody named has to be announced.
func (w *wishes) try(ctx context.Context, answer subject.Wish, network relay.Network) (subject.Wish, error) {
	rows, err := w.m.store.KnownURLs(ctx, []string{answer.URL})
	if err != nil {
		return answer, err
	}
	row, found := rows[answer.URL]
	if !found {
		answer.Verdict, answer.Hint = subject.WishUnknown, "announce it: nats pub -J "+subject.Found+" "+answer.URL
		return answer, nil
	}
	if limited, err := w.limited(ctx, &answer, time.Time{}); limited || err != nil {
		return answer, err
	}
	answer.Reason, answer.Hint = subject.WishOfCandidate, "it has not answered yet; what comes of the try: bigbrotr candidate show "+answer.URL
	return answer, w.m.bus.Now(ctx, subject.JobValidate, bus.Task{URL: answer.URL, Network: string(network), Tries: row.Tries})
}

// limited says that it is too soon: after the last round, after another wish of the last half minute wherever it was
// granted, or for this process.
func (w *wishes) limited(ctx context.Context, answer *subject.Wish, last time.Time) (bool, error) {
	wait := wishEvery - time.Since(last)
	if wait <= 0 {
		if !w.limit.Allow() {
			answer.Reason, wait = "overall", wishRefill
		} else if err := w.m.bus.Once(ctx, "wish_"+subject.Token(answer.URL)); err != nil {
			held, ok := errors.AsType[*bus.HeldError](err)
			if !ok {
				return false, err
			}
			wait = held.Remaining
		}
	}
	if wait <= 0 {
		return false, nil
	}
	if answer.Reason == "" {
		answer.Reason = "relay"
	}
	answer.Verdict, answer.RetryAfter = subject.WishLimited, int64(wait/time.Second)+1
	answer.Hint = fmt.Sprintf("ask again in %d s; what is known: bigbrotr relay show %s", answer.RetryAfter, answer.URL)
	return true, nil
}

// vantages are those that have looked at the relay, and ours.
func (w *wishes) vantages(seen store.Rounds) []string {
	vantages := []string{w.m.network.Vantage}
	for vantage := range seen {
		if vantage != w.m.network.Vantage && subject.IsVantage(vantage) {
			vantages = append(vantages, vantage)
		}
	}
	return vantages
}
