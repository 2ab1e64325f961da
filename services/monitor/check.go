package monitor

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// check is one question to a relay. Adding one is a file with its run and a line in checks.
type check struct {
	name    string
	retries func(Config) uint
	// skip says, from what the round knows, why the check is pointless, or nil.
	skip func(*round) error
	// run makes one attempt within the deadline of ctx.
	run func(context.Context, *round) Result
}

// checks are made one after the other, in this order.
var checks = []check{
	{"open", func(c Config) uint { return c.RetriesOpen }, always, open},
	{"read", func(c Config) uint { return c.RetriesRead }, whenOpen, read},
	{"write", func(c Config) uint { return c.RetriesWrite }, whenOpen, write},
	{"nip11", func(c Config) uint { return c.RetriesNIP11 }, whenReached, nip11},
}

// Why a check was not made.
var (
	errNotOpen = errors.New("the relay is not open")
	errNoTime  = errors.New("the round used up its time")
)

func always(*round) error { return nil }

func whenOpen(r *round) error {
	if r.failure("open") != nil {
		return errNotOpen
	}
	return nil
}

// whenReached wants no more than an answer of TCP: a relay that refuses the upgrade may still tell why it is there.
func whenReached(r *round) error {
	if reached(r.failure("open")) {
		return nil
	}
	return errNotOpen
}

// Waiting times between two attempts.
const (
	firstPause  = time.Second
	longestWait = 10 * time.Second
	pauseSpread = 0.5
)

// perform makes a check, and repeats it if it failed for a passing reason.
func perform(ctx context.Context, c check, r *round, retries uint) Result {
	if err := c.skip(r); err != nil {
		return Result{Err: err}
	}
	if ctx.Err() != nil {
		return Result{Err: errNoTime}
	}
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
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
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

// reached says whether a connection of TCP came about before what failed did.
func reached(err error) bool {
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return err == nil
	}
	switch e.Class {
	case relay.ClassTLS, relay.ClassUpgrade:
		return true
	case relay.ClassTimeout:
		dial, ok := errors.AsType[*net.OpError](err)
		return !ok || dial.Op != "dial" && dial.Op != "socks connect"
	}
	return false
}
