package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/view"
)

type candidateVerb struct {
	Ls       candidateLsVerb       `cmd:"" help:"List what was found, the newest finds first."`
	Show     candidateShowVerb     `cmd:"" help:"What came of one URL."`
	Backfill candidateBackfillVerb `cmd:"" help:"Scan all archived events for the relays that they name."`
}

type candidateLsVerb struct {
	State   string `help:"Only those: new, failed, parked, 'given up' or relay." enum:",new,failed,parked,given up,relay" default:""`
	Reason  string `help:"Only those whose last try failed for this reason, such as timeout."`
	Source  string `help:"Only those that this source named, such as nip65."`
	Network string `help:"Only those of a network." enum:",clearnet,tor,i2p,loki" default:""`
	Limit   int    `help:"Most to list." default:"100"`
	Output  string `short:"o" help:"Form: table, json (an object a line) or url." enum:"table,json,url" default:"table"`
}

// Run lists candidates.
func (v *candidateLsVerb) Run(ctx context.Context, e *env) error {
	if v.Limit < 1 {
		return exit(usage, fmt.Errorf("read --limit: got %d, want at least 1", v.Limit))
	}
	filter := store.CandidateFilter{State: v.State, Reason: v.Reason, Source: v.Source, Network: v.Network, Limit: v.Limit}
	return onStore(ctx, e, func(s *store.Store) error {
		list, err := s.Candidates(ctx, filter)
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		return e.printCandidates(list, v.Output)
	})
}

func (e *env) printCandidates(list []store.Candidate, form string) error {
	lines := []string{"URL\tSTATE\tREASON\tTRIES\tNEXT TRY\tFOUND\tBY"}
	for _, c := range list {
		switch form {
		case "json":
			if err := e.writeJSON(view.CandidateOf(c)); err != nil {
				return err
			}
		case "url":
			if _, err := fmt.Fprintln(e.stdout, c.URL); err != nil {
				return err
			}
		default:
			lines = append(lines, strings.Join([]string{c.URL, c.State, c.Reason, strconv.Itoa(c.Tries), instant(c.NextTryAt),
				instant(c.FoundAt), app.Quote(strings.Join(c.Sources, " "))}, "\t"))
		}
	}
	if form != "table" {
		return nil
	}
	return columns(e.stdout, lines...)
}

type candidateShowVerb struct {
	Relay  string `arg:"" name:"url" help:"Relay URL, with or without scheme."`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// Run prints one candidate.
func (v *candidateShowVerb) Run(ctx context.Context, e *env) error {
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	return onStore(ctx, e, func(s *store.Store) error {
		list, err := s.Candidates(ctx, store.CandidateFilter{URL: string(url), Limit: 1})
		if err != nil {
			return exit(unreachable, fmt.Errorf("%w; see: bigbrotr migrate", err))
		}
		if len(list) == 0 {
			return exit(notFound, fmt.Errorf("show %s: nobody has found it yet; announce it: echo %[1]s | bigbrotr inject relays", url))
		}
		return v.print(e, list[0])
	})
}

func (v *candidateShowVerb) print(e *env, c store.Candidate) error {
	if v.Output == "json" {
		return e.writeJSON(view.CandidateOf(c))
	}
	return columns(e.stdout, candidateWords(c)...)
}

// candidateWords is one candidate for people.
func candidateWords(c store.Candidate) []string {
	return []string{"candidate\t" + c.URL, "network\t" + c.Network, "state\t" + c.State, "found\t" + instant(c.FoundAt),
		"by\t" + app.Quote(strings.Join(c.Sources, " ")), "tries\t" + strconv.Itoa(c.Tries), "last try\t" + instant(c.TriedAt),
		"reason\t" + c.Reason, "next try\t" + instant(c.NextTryAt), "given up\t" + instant(c.GivenUpAt),
		"accepted\t" + instant(c.AcceptedAt)}
}
