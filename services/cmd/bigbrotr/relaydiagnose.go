package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/agreement"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/diagnosis"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

type relayDiagnoseVerb struct {
	Relay  string `arg:"" name:"url" help:"Relay URL, with or without scheme."`
	Output string `short:"o" help:"Form: table or json." enum:"table,json" default:"table"`
}

// relayDiagnosis is what is found from one vantage.
type relayDiagnosis struct {
	URL      string              `json:"url"`
	Vantage  string              `json:"vantage"`
	State    string              `json:"state"`
	Findings []diagnosis.Finding `json:"findings"`
}

// Run tells an operator what is wrong with a relay and what mends it.
func (v *relayDiagnoseVerb) Run(ctx context.Context, e *env) error {
	url, err := canonical(v.Relay)
	if err != nil {
		return err
	}
	return onStore(ctx, e, func(s *store.Store) error {
		all, err := diagnose(ctx, s, string(url), e.monitorKey(), time.Now())
		if err != nil {
			return err
		}
		if v.Output == "json" {
			return e.writeJSON(all)
		}
		return columns(e.stdout, diagnosisLines(all)...)
	})
}

// diagnose judges a relay by what the archive knows now, from every vantage.
func diagnose(ctx context.Context, s *store.Store, url string, ours event.PubKey, now time.Time) ([]relayDiagnosis, error) {
	report, known, err := s.RelayReport(ctx, url)
	if err != nil {
		return nil, exit(unreachable, err)
	}
	switch {
	case !known:
		return nil, exit(notFound, fmt.Errorf("diagnose %s: nobody has found it yet; announce it: echo %[1]s | bigbrotr inject relays", url))
	case report.AcceptedAt.IsZero() && report.Reason != "":
		evidence := diagnosis.OfCandidate(report, now)
		return []relayDiagnosis{{url, "", "never checked", diagnosis.Of(evidence)}}, nil
	case len(report.States) == 0:
		return nil, exit(notFound, fmt.Errorf("diagnose %s: it was never checked; check it: bigbrotr relay check --wait %[1]s", url))
	}
	documents, err := s.NewestDocuments(ctx, url)
	if err != nil {
		return nil, exit(unreachable, err)
	}
	health, err := s.Health(ctx, url, now)
	if err != nil {
		return nil, exit(unreachable, err)
	}
	twins, err := s.Twins(ctx, url)
	if err != nil {
		return nil, exit(unreachable, err)
	}
	others, err := s.OtherMonitors(ctx, url)
	if err != nil {
		return nil, exit(unreachable, err)
	}
	all := []relayDiagnosis{}
	for _, evidence := range diagnosis.Collect(report, documents, health, now) {
		evidence.Twins, evidence.Seen = twins, agreement.Of(others, ours, now).Reached
		all = append(all, relayDiagnosis{url, evidence.Vantage, evidence.State, diagnosis.Of(evidence)})
	}
	return all, nil
}

func diagnosisLines(all []relayDiagnosis) (lines []string) {
	for _, one := range all {
		from := ""
		if one.Vantage != "" {
			from = " from " + one.Vantage
		}
		findings := "findings"
		if len(one.Findings) == 1 {
			findings = "finding"
		}
		lines = append(lines, fmt.Sprintf("%s\t%s%s, %d %s", one.URL, stateWords(one.State), from, len(one.Findings), findings))
		for _, f := range one.Findings {
			line := fmt.Sprintf("%s\t%s: %s", f.Severity, f.Name, f.Title)
			if f.Detail != "" {
				line += " (" + app.Quote(f.Detail) + ")"
			}
			lines = append(lines, line, "\t→ "+f.Mend)
		}
	}
	return lines
}

// monitorKey is the public key of our own monitor, zero where this process does not know it. The archive knows the keys of
// those that have published.
func (e *env) monitorKey() event.PubKey {
	cfg, err := e.config()
	if err != nil {
		return event.PubKey{}
	}
	author, _, _ := cfg.Publisher.Author(cfg.Self()) // zero, if there is none
	return author
}

func othersLines(a agreement.Agreement) []string {
	switch {
	case a.Monitors == 0:
		return nil
	case !a.Up():
		return []string{fmt.Sprintf("other monitors\t%d of %d reached it in the last day; fewer than %d decide nothing", a.Reached, a.Monitors, agreement.Quorum)}
	}
	line := fmt.Sprintf("other monitors\t%d of %d reached it, last %s", a.Reached, a.Monitors, instant(a.LastAt))
	if a.Open > 0 {
		line += fmt.Sprintf(", opening in %s", a.Open)
	}
	if len(a.NIPs) > 0 {
		line += fmt.Sprintf("; they agree on NIPs %v", a.NIPs)
	}
	if len(a.Requirements) > 0 {
		line += fmt.Sprintf(" and %v", a.Requirements)
	}
	return []string{line}
}
