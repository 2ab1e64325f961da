package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/services/publisher"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type publishVerb struct {
	Preview publishPreviewVerb `cmd:"" help:"The event that would be published about a relay (NIP-66)."`
	Status  publishStatusVerb  `cmd:"" help:"What each publish relay made of our events."`
}

type publishStatusVerb struct {
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// publishTotal is one line of publish status.
type publishTotal struct {
	Target  string     `json:"target"`
	Kind    int        `json:"kind"`
	Verdict string     `json:"verdict"` // accepted, or why not
	Events  int64      `json:"events"`
	LastAt  *time.Time `json:"last_at"`
}

// Run prints how many of the last events each publish relay took, and why it did not take the others.
func (v *publishStatusVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	author, ok, err := cfg.Publisher.Author(cfg.Self())
	if err != nil || !ok {
		return exit(usage, errors.Join(err, errors.New("show what is published: set MONITOR_PRIVATE_KEY or MONITOR_PUBLIC_KEY")))
	}
	return onStore(ctx, e, func(s *store.Store) error {
		totals, err := s.PublicationTotals(ctx, author)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		if len(totals) == 0 {
			fmt.Fprintln(e.stderr, "No publish relay has given a verdict on an event of this key. The log of the publisher says which one could not be asked; see also: bigbrotr status")
		}
		lines := []string{"TARGET\tKIND\tVERDICT\tEVENTS\tLAST"}
		for _, t := range totals {
			verdict := cmp.Or(t.Reason, "accepted")
			if v.Output == "json" {
				if err := e.writeJSON(publishTotal{t.Target, t.Kind, verdict, t.Events, view.Time(t.LastAt)}); err != nil {
					return err
				}
			}
			lines = append(lines, fmt.Sprintf("%s\t%d\t%s\t%d\t%s", t.Target, t.Kind, verdict, t.Events, instant(t.LastAt)))
		}
		if v.Output == "json" {
			return nil
		}
		return columns(e.stdout, lines...)
	})
}

type publishPreviewVerb struct {
	Relay string `arg:"" name:"url" help:"Relay URL, with or without scheme."`
}

// Run prints the event as one line of JSON. Without MONITOR_PRIVATE_KEY a key that nobody keeps signs it.
func (v *publishPreviewVerb) Run(ctx context.Context, e *env) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	return onStore(ctx, e, func(s *store.Store) error {
		report, err := lastRound(ctx, s, url, cfg.Network.Vantage)
		if err != nil {
			return err
		}
		event, err := publisher.Preview(cfg.Publisher, cfg.Self(), report)
		if err != nil {
			return fmt.Errorf("preview %s: %w", url, err)
		}
		if cfg.Monitor.PrivateKey.IsZero() {
			fmt.Fprintln(e.stderr, "MONITOR_PRIVATE_KEY is not set: nothing is published, and a new key signed this.")
		}
		_, err = fmt.Fprintln(e.stdout, string(event.AppendJSON(nil)))
		return err
	})
}

// lastRound is what the archive has of a relay's last round from a vantage.
func lastRound(ctx context.Context, s *store.Store, url relay.URL, vantage string) (publisher.Report, error) {
	report := publisher.Report{Check: feed.Check{Relay: url, Vantage: vantage, Results: map[string]feed.Result{}}}
	known, _, err := s.RelayReport(ctx, string(url))
	if err != nil {
		return report, exit(unreachable, err)
	}
	c := &report.Check
	for _, state := range known.States {
		if state.Vantage == vantage {
			c.State, c.Since, c.Failures, c.CheckedAt = state.State.State, state.Since, state.Failures, state.CheckedAt
		}
	}
	if c.State == "" {
		return report, exit(notFound, fmt.Errorf("preview %s: it was never checked from %s", url, vantage))
	}
	for _, r := range known.Results {
		if r.Vantage == vantage {
			c.Results[r.Check] = feed.Result{OK: r.OK, RTT: r.RTT, Reason: r.Reason}
		}
	}
	report.Documents, err = s.Documents(ctx, string(url), vantage, c.CheckedAt)
	return report, err
}
