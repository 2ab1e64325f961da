package monitor

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// check is one question to a relay. Adding one is a file with its run and a line in checks.
type check struct {
	name string
	// retries are the repetitions of an attempt that failed for a passing reason.
	retries func(Config) uint
	// deadline is that of one attempt, by the setting of the relay's network.
	deadline func(setting time.Duration) time.Duration
	// skip says, from what the round knows, why the check is pointless, or nil.
	skip func(*round) error
	// run makes one attempt within the deadline of ctx.
	run func(context.Context, *round) Result
}

// checks are made one after the other, in this order: open before anything could warm a cache, and what claims are
// compared with after the claims.
var checks = []check{
	{document.Open, func(c Config) uint { return c.RetriesOpen }, whole, always, open},
	{document.Read, func(c Config) uint { return c.RetriesRead }, whole, whenOpen, read},
	{document.NIP11, func(c Config) uint { return c.RetriesNIP11 }, whole, whenReached, nip11},
	{document.Write, func(c Config) uint { return c.RetriesWrite }, withWork, whenOpen, write},
	{document.Auth, never, whole, whenOpen, auth},
	{document.HTTP, never, instant, whenAnswered, headers},
	{document.TLS, func(c Config) uint { return c.RetriesTLS }, whole, whenSecure, certificate},
	{document.DNS, func(c Config) uint { return c.RetriesDNS }, whole, whenNamed, names},
	{document.Geo, never, instant, whenPublic, geo},
	{document.Net, never, instant, whenPublic, network},
	{document.IPv6, never, hasty, whenSix, ipv6},
	{document.Capabilities, never, thrice, whenRead, capabilities},
}

// never is for checks that ask nobody, or that must not ask twice.
func never(Config) uint { return 0 }

func whole(setting time.Duration) time.Duration    { return setting }
func thrice(setting time.Duration) time.Duration   { return 3 * setting }
func withWork(setting time.Duration) time.Duration { return setting + maxWork }
func hasty(setting time.Duration) time.Duration    { return min(setting, sixPatience) }
func instant(time.Duration) time.Duration          { return time.Second }

// Waiting times between two attempts.
const (
	firstPause  = time.Second
	longestWait = 10 * time.Second
	pauseSpread = 0.5
)

// perform makes a check, and repeats it if it failed for a passing reason; all attempts together take two deadlines at most.
func perform(ctx context.Context, c check, r *round, retries uint) Result {
	if err := c.skip(r); err != nil {
		return Result{Err: err}
	}
	if ctx.Err() != nil {
		return Result{Err: errNoTime}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*c.deadline(r.timeout))
	defer cancel()
	pauses := &backoff.ExponentialBackOff{
		InitialInterval: firstPause, MaxInterval: longestWait, Multiplier: 2, RandomizationFactor: pauseSpread,
	}
	result, _ := backoff.Retry(ctx, func() (Result, error) { // the result holds the error
		result := attempt(ctx, c, r)
		if result.Err != nil && !passing(result.Err) {
			return result, backoff.Permanent(result.Err)
		}
		return result, result.Err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(1+retries), backoff.WithMaxElapsedTime(0))
	return result
}

func attempt(ctx context.Context, c check, r *round) Result {
	ctx, cancel := context.WithTimeout(ctx, c.deadline(r.timeout))
	defer cancel()
	return c.run(ctx, r)
}

// passing says whether a failure may be gone a second later. What a relay or a name server said on purpose is not.
func passing(err error) bool {
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return false
	}
	switch e.Class {
	case relay.ClassTimeout, relay.ClassDisconnect, relay.ClassUnreachable:
		return true
	case relay.ClassUpgrade:
		return e.Status == 0 || e.Status >= 500
	case relay.ClassDNS:
		dns, ok := errors.AsType[*net.DNSError](err)
		return ok && !dns.IsNotFound
	}
	return false
}
