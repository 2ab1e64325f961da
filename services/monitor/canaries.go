package monitor

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// proveAgain is the time between two tries to see canaries that have never answered.
const proveAgain = 10 * time.Minute

// canaries are the relays of one network that tell our own failures from those of others: when most of them do not
// answer, nothing that failed says anything of anybody else. They are asked only when something failed.
type canaries struct {
	network relay.Network
	urls    []relay.URL
	ask     func(context.Context, relay.URL) answer
	log     *slog.Logger

	mu      sync.Mutex // held while they are asked: who waits gets the same verdict
	trusted bool       // their silence means something
	began   time.Time  // of the last look
	sound   bool       // its verdict
}

// answer is what came of asking one canary.
type answer int

const (
	unasked  answer = iota // our own bounds or the deny list forbade it
	silent                 // it failed
	answered               // it serves strangers
)

// newCanaries trusts canaries that the operator named; shipped ones must have answered once before their silence counts.
func newCanaries(network relay.Network, urls []relay.URL, trusted bool, ask func(context.Context, relay.URL) answer, log *slog.Logger) *canaries {
	return &canaries{network: network, urls: urls, ask: ask, log: log, trusted: trusted, sound: true}
}

// soundSince says whether our vantage is sound, by a look that began at that time or later. It is, as far as anybody
// knows, where there are no canaries. After the end of ctx the answer means nothing.
func (c *canaries) soundSince(ctx context.Context, since time.Time) bool {
	if c == nil || len(c.urls) == 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.trusted {
		return true
	}
	if c.began.Before(since) {
		c.look(ctx)
	}
	return c.sound
}

// prove waits until canaries that are not trusted yet have answered once.
func (c *canaries) prove(ctx context.Context) {
	if c.trusted {
		return
	}
	for !c.most(ctx) {
		if !app.Sleep(ctx, app.Jitter(proveAgain, checkSpread)) {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trusted = true
}

// look asks all canaries and keeps the verdict.
func (c *canaries) look(ctx context.Context) {
	began := time.Now()
	sound := c.most(ctx)
	if ctx.Err() != nil {
		return // a stop says nothing
	}
	if sound != c.sound {
		c.tell(sound)
	}
	c.began, c.sound = began, sound
}

// tell says a change of the verdict once.
func (c *canaries) tell(sound bool) {
	degraded := vantageDegraded.WithLabelValues(string(c.network))
	if sound {
		degraded.Set(0)
		c.log.Info("Canaries answered again", app.Network, c.network)
		return
	}
	degraded.Set(1)
	c.log.Warn("Canaries failed; rounds that fail are not held against relays", app.Network, c.network, app.Count, len(c.urls))
}

// most says whether the greater part of the canaries that could be asked answered.
func (c *canaries) most(ctx context.Context) bool {
	answers := make([]answer, len(c.urls))
	var asking sync.WaitGroup
	for i, url := range c.urls {
		asking.Go(func() { answers[i] = c.ask(ctx, url) })
	}
	asking.Wait()
	var good, asked int
	for _, a := range answers {
		if a != unasked {
			asked++
		}
		if a == answered {
			good++
		}
	}
	return asked == 0 || 2*good > asked
}

// askCanary connects to a relay and reads from it. One that turns us away does not answer: a wall before us may say the
// same of every relay.
func (m *Monitor) askCanary(ctx context.Context, url relay.URL) answer {
	r := &round{url: url, tools: &m.tools, timeout: m.network.Limits(url.Network()).CheckTimeout}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	defer r.hangUp()
	opened := open(ctx, r)
	var asked Result
	if opened.Err == nil {
		asked = read(ctx, r)
	}
	if failed, ok := errors.AsType[*relay.Error](opened.Err); ok && (failed.Class == relay.ClassBusy || failed.Class == relay.ClassDenied) {
		return unasked
	}
	switch judge(opened.Err, asked.Err, r.challenged, url.Secure()) {
	case up, authOnly:
		return answered
	}
	return silent
}
