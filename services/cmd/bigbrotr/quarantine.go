package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type quarantineVerb struct {
	Ls      quarantineLsVerb      `cmd:"" help:"List what could not be stored."`
	Show    quarantineShowVerb    `cmd:"" help:"Print one with its bytes."`
	Retry   quarantineRetryVerb   `cmd:"" help:"Hand some to the writer once more."`
	Discard quarantineDiscardVerb `cmd:"" help:"Delete some for good."`
}

// quarantined is the public form of a row of quarantine.
type quarantined struct {
	No     int64      `json:"no"`
	At     *time.Time `json:"at"`
	Relay  string     `json:"relay"`
	Reason string     `json:"reason"`
	SHA256 string     `json:"sha256"`
	Bytes  int        `json:"bytes"`
	Raw    *string    `json:"raw,omitempty"`        // as text
	Base64 *string    `json:"raw_base64,omitempty"` // what is no text
}

func quarantinedOf(q store.Quarantined) quarantined {
	return quarantined{No: q.No, At: view.Time(q.At), Relay: q.Relay, Reason: q.Reason, SHA256: hex.EncodeToString(q.SHA256[:]), Bytes: q.Bytes}
}

type quarantineLsVerb struct {
	From   int64  `help:"First number."`
	Relay  string `help:"Only what came from this relay."`
	Limit  int    `help:"Most rows." default:"100"`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run lists rows, the oldest first.
func (v *quarantineLsVerb) Run(ctx context.Context, e *env) error {
	return onStore(ctx, e, func(s *store.Store) error {
		list, err := s.ListQuarantine(ctx, v.From, v.Relay, v.Limit)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		lines := []string{"NO\tAT\tRELAY\tBYTES\tREASON"}
		for _, q := range list {
			if v.Output == "json" {
				if err := e.writeJSON(quarantinedOf(q)); err != nil {
					return err
				}
				continue
			}
			lines = append(lines, fmt.Sprintf("%d\t%s\t%s\t%d\t%s", q.No, instant(q.At), app.Quote(q.Relay), q.Bytes, app.Quote(q.Reason)))
		}
		if v.Output == "json" {
			return nil
		}
		return columns(e.stdout, lines...)
	})
}

type quarantineShowVerb struct {
	No int64 `arg:"" help:"Number, as ls prints it."`
}

// Run prints one row as JSON, because its bytes may be anything.
func (v *quarantineShowVerb) Run(ctx context.Context, e *env) error {
	return onStore(ctx, e, func(s *store.Store) error {
		q, err := quarantinedAt(ctx, s, v.No)
		if err != nil {
			return err
		}
		out := quarantinedOf(q)
		if text := string(q.Raw); utf8.Valid(q.Raw) {
			out.Raw = &text
		} else {
			text = base64.StdEncoding.EncodeToString(q.Raw)
			out.Base64 = &text
		}
		return e.writeJSON(out)
	})
}

// quarantinedAt returns one row, or the error of a number that nothing has.
func quarantinedAt(ctx context.Context, s *store.Store, no int64) (store.Quarantined, error) {
	q, found, err := s.ShowQuarantined(ctx, no)
	switch {
	case err != nil:
		return q, exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
	case !found:
		return q, exit(notFound, fmt.Errorf("nothing in quarantine has the number %d; see: bigbrotr quarantine ls", no))
	}
	return q, nil
}

type quarantineRetryVerb struct {
	No []int64 `arg:"" help:"Numbers, as ls prints them."`
}

// Run hands rows to the writer and takes each out of quarantine when the bus has it on disk; what cannot be stored
// still comes back. The messages have no id: the bus would take one that it had a minute ago for the same and drop it.
func (v *quarantineRetryVerb) Run(ctx context.Context, e *env) error {
	return onQuarantine(ctx, e, func(s *store.Store) error {
		return onBus(ctx, e, func(b *bus.Bus) error {
			for _, no := range v.No {
				q, err := quarantinedAt(ctx, s, no)
				if err != nil {
					return err
				}
				onto, batch, err := again(q)
				if err != nil {
					return fmt.Errorf("retry %d: %w", no, err)
				}
				body, err := ingest.Encode(batch)
				if err != nil {
					return err
				}
				publish := func() error { return b.Publish(ctx, bus.Message{Subject: onto, Body: body}) }
				if err := s.RetryQuarantined(ctx, no, publish); err != nil {
					return exit(unreachable, err)
				}
				fmt.Fprintf(e.stdout, "%d\tpublished\n", no)
			}
			return nil
		})
	})
}

type quarantineDiscardVerb struct {
	No []int64 `arg:"" help:"Numbers, as ls prints them."`
}

// Run deletes rows.
func (v *quarantineDiscardVerb) Run(ctx context.Context, e *env) error {
	return onQuarantine(ctx, e, func(s *store.Store) error {
		for _, no := range v.No {
			gone, err := s.DiscardQuarantined(ctx, []int64{no})
			if err != nil {
				return err
			}
			if gone == 0 {
				return exit(notFound, fmt.Errorf("nothing in quarantine has the number %d; see: bigbrotr quarantine ls", no))
			}
			fmt.Fprintf(e.stdout, "%d\tdeleted\n", no)
		}
		return nil
	})
}

// onQuarantine runs do as the role that erases.
func onQuarantine(ctx context.Context, e *env, do func(*store.Store) error) error {
	_, p, err := e.places(false, true)
	if err != nil {
		return err
	}
	s, err := dialStore(ctx, p.Eraser)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}
