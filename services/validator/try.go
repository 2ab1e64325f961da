package validator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

const (
	parkFor     = 24 * time.Hour         // of a relay whose network is off
	spread      = 0.1                    // share of a delay that chance decides
	retryAfter  = 5 * time.Second        // when the bus refused what was learnt
	busyAgain   = 20 * time.Second       // when we have as many connections to its address as we allow ourselves
	patience    = 250 * time.Millisecond // that a try may keep others from its slot
	reasonProxy = string(relay.ClassNoProxy)
	reasonBusy  = string(relay.ClassBusy)
)

// try asks one candidate whether it is a relay.
func (v *Validator) try(ctx context.Context, d *bus.Delivery) error {
	task, url, err := balls.ReadTask(d.Body, v.dialer.Parser())
	if wrong, ok := errors.AsType[*relay.URLError](err); ok && wrong.Reason == relay.ReasonLocal {
		return v.refuse(ctx, task, string(relay.ClassReserved)) // RELAY_ALLOW_CIDRS was narrowed since it was found
	}
	if err != nil {
		return bus.Discard("bad_task", err)
	}
	defer d.ParkAfter(patience)()
	start := v.now()
	asked := v.ask(ctx, url)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	took.WithLabelValues(task.Network).Observe(v.now().Sub(start).Seconds())
	if asked == nil {
		return v.accept(ctx, task)
	}
	switch reason := relay.ReasonOf(asked); reason {
	case reasonProxy:
		return v.parkTask(ctx, task)
	case reasonBusy:
		return bus.Retry(busyAgain, asked) // our own bound, not a try
	default:
		return v.refuse(ctx, task, reason)
	}
}

// park puts a relay of a network that is off aside.
func (v *Validator) park(ctx context.Context, d *bus.Delivery) error {
	task, _, err := balls.ReadTask(d.Body, v.dialer.Parser())
	if err != nil {
		return bus.Discard("bad_task", err)
	}
	return v.parkTask(ctx, task)
}

// ask connects and asks one question. It returns nil if a Nostr frame came back.
func (v *Validator) ask(ctx context.Context, url relay.URL) error {
	ctx, cancel := context.WithTimeout(ctx, v.network.Limits(url.Network()).CheckTimeout)
	defer cancel()
	conn, err := v.dialer.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Probe(ctx)
	return err
}

// accept hands a relay over and makes its first check due.
func (v *Validator) accept(ctx context.Context, task bus.Task) error {
	now := v.now().Unix()
	batch := &ingest.Batch{
		Relays: []*ingest.Relay{{
			Url: task.URL, Network: task.Network, AcceptedAt: now, Vantage: v.network.Vantage,
		}},
		Candidates: []*ingest.Candidate{v.outcome(task, task.Tries+1)},
	}
	if err := v.bus.Ingest(ctx, subject.IngestRelays, batch); err != nil {
		return v.unable(fmt.Errorf("hand over relay: %w", err))
	}
	check := bus.Task{URL: task.URL, Network: task.Network}
	if _, err := v.bus.NowIfMissing(ctx, subject.CheckJob(v.network.Vantage), check); err != nil {
		return v.unable(fmt.Errorf("ask for the first check: %w", err))
	}
	tries.WithLabelValues(task.Network, "accepted").Inc()
	return nil
}

// refuse hands over why a try failed, and throws the ball of the next one unless it was the last.
func (v *Validator) refuse(ctx context.Context, task bus.Task, reason string) error {
	task.Tries++
	candidate := v.outcome(task, task.Tries)
	candidate.Reason = reason
	delay, more := v.backoff.after(task.Tries)
	at := v.now().Add(app.Jitter(delay, spread))
	if more {
		candidate.NextTryAt = at.Unix()
	}
	candidate.GivenUp = !more
	if err := v.handOver(ctx, candidate); err != nil {
		return err
	}
	failures.WithLabelValues(reason).Inc()
	if !more {
		tries.WithLabelValues(task.Network, "given_up").Inc()
		return nil
	}
	tries.WithLabelValues(task.Network, "failed").Inc()
	return v.throw(ctx, task, at)
}

// parkTask notes that the network is off and looks again in a day. No try is counted.
func (v *Validator) parkTask(ctx context.Context, task bus.Task) error {
	at := v.now().Add(app.Jitter(parkFor, spread))
	candidate := v.outcome(task, task.Tries)
	candidate.Reason, candidate.NextTryAt = reasonProxy, at.Unix()
	if err := v.handOver(ctx, candidate); err != nil {
		return err
	}
	tries.WithLabelValues(task.Network, "parked").Inc()
	return v.throw(ctx, task, at)
}

// outcome is the candidate after a try, so far without a failure.
func (v *Validator) outcome(task bus.Task, count int) *ingest.Candidate {
	return &ingest.Candidate{
		Url: task.URL, Network: task.Network, Vantage: v.network.Vantage,
		Tries: uint32(count), TriedAt: v.now().Unix(),
	}
}

func (v *Validator) handOver(ctx context.Context, candidate *ingest.Candidate) error {
	batch := &ingest.Batch{Candidates: []*ingest.Candidate{candidate}}
	if err := v.bus.Ingest(ctx, subject.IngestCandidates, batch); err != nil {
		return v.unable(fmt.Errorf("hand over candidate: %w", err))
	}
	return nil
}

func (v *Validator) throw(ctx context.Context, task bus.Task, at time.Time) error {
	if err := v.bus.Later(ctx, subject.JobValidate, task, at); err != nil {
		return v.unable(fmt.Errorf("schedule the next try: %w", err))
	}
	return nil
}

// unable is the verdict when the bus took nothing. A full stream or a lost server is logged by the bus's owner, not once
// a candidate.
func (v *Validator) unable(err error) error {
	if errors.Is(err, bus.ErrFull) || errors.Is(err, bus.ErrUnavailable) {
		return bus.Retry(retryAfter, err)
	}
	return err
}
