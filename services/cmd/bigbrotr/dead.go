package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

const maxBody = 64 << 10 // of a message that dead show prints

type deadVerb struct {
	Ls      deadLsVerb      `cmd:"" help:"List messages that were given up."`
	Show    deadShowVerb    `cmd:"" help:"Print one with its body."`
	Retry   deadRetryVerb   `cmd:"" help:"Publish one again where it came from."`
	Discard deadDiscardVerb `cmd:"" help:"Delete one for good."`
}

// letter is the public form of a message on DEAD.
type letter struct {
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	Stage  string    `json:"stage"`
	Reason string    `json:"reason"`
	Source string    `json:"source"`
	Bytes  int       `json:"bytes"`
	Body   *string   `json:"body,omitempty"`
}

func letterOf(d bus.Dead) letter {
	return letter{Seq: d.Seq, At: d.At.UTC(), Stage: d.Stage, Reason: d.Reason, Source: d.Source, Bytes: len(d.Body)}
}

// gone turns a message that is not there into its exit code.
func gone(err error) error {
	if errors.Is(err, bus.ErrNoMessage) {
		return exit(notFound, fmt.Errorf("%w; see: bigbrotr dead ls", err))
	}
	return err
}

type deadLsVerb struct {
	From   uint64 `help:"First sequence."`
	Limit  int    `help:"Most messages." default:"100"`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run lists messages, oldest first.
func (v *deadLsVerb) Run(ctx context.Context, e *env) error {
	return onBus(ctx, e, func(b *bus.Bus) error {
		var letters []letter
		err := b.DeadLetters(ctx, v.From, func(d bus.Dead) bool {
			letters = append(letters, letterOf(d))
			return len(letters) < v.Limit
		})
		if err != nil {
			return exit(unreachable, err)
		}
		if v.Output == "json" {
			for _, l := range letters {
				if err := e.writeJSON(l); err != nil {
					return err
				}
			}
			return nil
		}
		lines := []string{"SEQ\tAT\tSTAGE\tREASON\tSOURCE\tBYTES"}
		for _, l := range letters {
			lines = append(lines, fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%d", l.Seq, instant(l.At), l.Stage, app.Quote(l.Reason),
				app.Quote(l.Source), l.Bytes))
		}
		return columns(e.stdout, lines...)
	})
}

type deadShowVerb struct {
	Seq uint64 `arg:"" help:"Sequence, as ls prints it."`
}

// Run prints one message as JSON, because a body may hold anything.
func (v *deadShowVerb) Run(ctx context.Context, e *env) error {
	return onBus(ctx, e, func(b *bus.Bus) error {
		d, err := b.DeadLetter(ctx, v.Seq)
		if err != nil {
			return gone(err)
		}
		l := letterOf(d)
		body := string(d.Body[:min(len(d.Body), maxBody)])
		l.Body = &body
		return e.writeJSON(l)
	})
}

type deadRetryVerb struct {
	Seq []uint64 `arg:"" help:"Sequences, as ls prints them."`
}

// Run publishes messages again.
func (v *deadRetryVerb) Run(ctx context.Context, e *env) error {
	return onBus(ctx, e, func(b *bus.Bus) error {
		for _, seq := range v.Seq {
			if err := b.RetryDead(ctx, seq); err != nil {
				return gone(err)
			}
			fmt.Fprintf(e.stdout, "%d\tpublished\n", seq)
		}
		return nil
	})
}

type deadDiscardVerb struct {
	Seq []uint64 `arg:"" help:"Sequences, as ls prints them."`
}

// Run deletes messages.
func (v *deadDiscardVerb) Run(ctx context.Context, e *env) error {
	return onBus(ctx, e, func(b *bus.Bus) error {
		for _, seq := range v.Seq {
			if err := b.DeleteDead(ctx, seq); err != nil {
				return gone(err)
			}
			fmt.Fprintf(e.stdout, "%d\tdeleted\n", seq)
		}
		return nil
	})
}
