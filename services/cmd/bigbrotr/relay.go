package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type relayVerb struct {
	Show     relayShowVerb     `cmd:"" help:"Everything the archive knows of a relay."`
	Check    relayCheckVerb    `cmd:"" help:"Check a relay at once, from every vantage."`
	Diagnose relayDiagnoseVerb `cmd:"" help:"What is wrong with a relay, and what mends it."`
	History  relayHistoryVerb  `cmd:"" help:"Versions of a relay's documents, and what changed."`
	Token    relayTokenVerb    `cmd:"" help:"The subject token of a relay."`
	URL      relayURLVerb      `cmd:"" name:"url" help:"The relay of a subject token."`
}

// canonical reads a relay's URL as a person typed it. A local address is fine: it is looked up here, not dialled.
func canonical(text string) (relay.URL, error) {
	url, err := relay.Anywhere.Parse(text)
	if err != nil {
		return "", exit(usage, fmt.Errorf("understand %s: %w (want a relay URL, such as wss://relay.example.com)", app.Quote(text), err))
	}
	return url, nil
}

type relayTokenVerb struct {
	Relay string `arg:"" name:"url" help:"Relay URL, with or without scheme."`
}

// Run prints the token of a URL.
func (v *relayTokenVerb) Run(e *env) error {
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, subject.Token(string(url)))
	return err
}

type relayURLVerb struct {
	Token string `arg:"" help:"Token, as it stands in a subject."`
}

// Run prints the URL of a token. One that carries a hash is looked up among the known relays.
func (v *relayURLVerb) Run(ctx context.Context, e *env) error {
	if url, ok := subject.URLOfToken(v.Token); ok {
		_, err := fmt.Fprintln(e.stdout, url)
		return err
	}
	return onStore(ctx, e, func(s *store.Store) error {
		for _, job := range []string{subject.JobCheck, subject.JobValidate} {
			url, err := lookUp(ctx, s, job, v.Token)
			if err != nil {
				return err
			}
			if url != "" {
				_, err := fmt.Fprintln(e.stdout, url)
				return err
			}
		}
		return exit(notFound, fmt.Errorf("find token %s: no relay of the archive has it", app.Quote(v.Token)))
	})
}

// lookUp walks all relays of a job; a token's hash cannot be undone.
func lookUp(ctx context.Context, s *store.Store, job, token string) (url string, err error) {
	err = s.Jobs(ctx, job, func(j store.Job) error {
		if subject.Token(j.URL) == token {
			url = j.URL
		}
		return nil
	})
	return url, err
}

type relayShowVerb struct {
	Relay  string `arg:"" name:"url" help:"Relay URL, with or without scheme."`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run prints what the archive knows of a relay.
func (v *relayShowVerb) Run(ctx context.Context, e *env) error {
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	return onStore(ctx, e, func(s *store.Store) error { return v.show(ctx, e, s, string(url)) })
}

func (v *relayShowVerb) show(ctx context.Context, e *env, s *store.Store, url string) error {
	report, known, err := s.RelayReport(ctx, url)
	if err != nil {
		return exit(unreachable, err)
	}
	if !known {
		return exit(notFound, fmt.Errorf("show %s: nobody has found it yet; announce it: echo %[1]s | bigbrotr inject relays", url))
	}
	now := time.Now()
	health, err := s.Health(ctx, url, now)
	if err != nil {
		return exit(unreachable, err)
	}
	claims, err := s.OtherMonitors(ctx, url)
	if err != nil {
		return exit(unreachable, err)
	}
	others := agreement.Of(claims, e.monitorKey(), now)
	if v.Output == "json" {
		out := view.RelayOf(report)
		out.Health, out.Others = view.HealthOf(health), view.OthersOf(others)
		return e.writeJSON(out)
	}
	return columns(e.stdout, slices.Concat(relayLines(report), healthLines(health, now), othersLines(others))...)
}
