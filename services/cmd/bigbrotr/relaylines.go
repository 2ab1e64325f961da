package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// relayLines is a report for people.
func relayLines(r store.RelayReport) []string {
	lines := []string{"relay\t" + r.URL, "network\t" + r.Network}
	if r.AcceptedAt.IsZero() {
		return append(append(lines, candidateLines(r)...), sourceLines(r)...)
	}
	lines = append(lines, "token\t"+r.Token, "accepted\t"+instant(r.AcceptedAt),
		fmt.Sprintf("events\t%s%d", about(r.SightingsExact), r.Sightings))
	if r.Missing > 0 {
		lines = append(lines, fmt.Sprintf("missing\t%s%d of them are served no more", about(r.SightingsExact), r.Missing))
	}
	lines = append(lines, stateLines(r)...)
	lines = append(lines, sourceLines(r)...)
	return slices.Concat(lines, aliasLines(r), resultLines(r), visitLines(r), rejectLines(r), mannerLines(r), coverageLines(r))
}

func candidateLines(r store.RelayReport) []string {
	return []string{"accepted\tnot yet", "tries\t" + strconv.Itoa(r.Tries), "reason\t" + r.Reason,
		"next try\t" + instant(r.NextTryAt), "given up\t" + instant(r.GivenUpAt)}
}

func stateLines(r store.RelayReport) (lines []string) {
	for _, s := range r.States {
		line := fmt.Sprintf("state from %s\t%s since %s", s.Vantage, stateWords(s.State.State), instant(s.Since))
		if s.Failures > 0 {
			line += fmt.Sprintf("; failing since %s (%d rounds)", instant(s.FailingSince), s.Failures)
		}
		lines = append(lines, line+"; next check "+instant(s.NextCheckAt))
	}
	if len(lines) == 0 {
		lines = []string{"state\tnever checked"}
	}
	return lines
}

func sourceLines(r store.RelayReport) (lines []string) {
	for _, s := range r.Sources {
		lines = append(lines, fmt.Sprintf("found by %s\t%s", app.Quote(s.Name), instant(s.FoundAt)))
	}
	return lines
}

// aliasLines names each URL that may be the same relay once, with all that speaks for it.
func aliasLines(r store.RelayReport) (lines []string) {
	for i, a := range r.Aliases {
		if i > 0 && r.Aliases[i-1].URL == a.URL {
			lines[len(lines)-1] += ", " + a.Evidence
			continue
		}
		lines = append(lines, "may also be\t"+a.URL+" by "+a.Evidence)
	}
	return lines
}

func resultLines(r store.RelayReport) (lines []string) {
	for _, c := range r.Results {
		line := fmt.Sprintf("check %s\t%s", c.Check, c.Reason)
		switch {
		case c.OK && c.RTT > 0:
			line += "ok in " + c.RTT.String()
		case c.OK:
			line += "ok"
		}
		if c.Text != "" {
			line += ": " + app.Quote(c.Text)
		}
		lines = append(lines, line+" ("+c.Vantage+", "+instant(c.CheckedAt)+")")
	}
	return lines
}

func visitLines(r store.RelayReport) (lines []string) {
	for _, v := range r.Visits {
		lines = append(lines, fmt.Sprintf("last %s\t%s at %s after %s: %d requests, %d pages, %d new and %d known events; next %s",
			v.Job, joined(v.Outcome, v.Reason), instant(v.EndedAt), v.EndedAt.Sub(v.StartedAt), v.Requests, v.Pages, v.NewEvents,
			v.KnownEvents, instant(v.NextAt)))
		if v.LateEvents+v.MissingEvents+v.LiveEvents > 0 {
			lines = append(lines, fmt.Sprintf("of its events\t%d late, %d missing, %d live", v.LateEvents, v.MissingEvents, v.LiveEvents))
		}
		for _, reason := range slices.Sorted(maps.Keys(v.Rejected)) {
			lines = append(lines, fmt.Sprintf("refused by us\t%d %s", v.Rejected[reason], reason))
		}
	}
	return lines
}

// rejectLines says how honest a relay is.
func rejectLines(r store.RelayReport) (lines []string) {
	for _, j := range r.Rejects {
		lines = append(lines, fmt.Sprintf("refused in all\t%d %s (%s)", j.Events, app.Quote(j.Reason), j.Class))
	}
	return lines
}

func mannerLines(r store.RelayReport) []string {
	m := r.Manners
	if m == nil {
		return nil
	}
	words := []string{m.Order + " first"}
	if m.Cap > 0 {
		words = append(words, fmt.Sprintf("at most %d a page", m.Cap))
	}
	for _, w := range []struct {
		is   bool
		word string
	}{{m.UntilExclusive, "until is exclusive"}, {m.SinceExclusive, "since is exclusive"}, {m.IgnoresUntil, "ignores until"},
		{m.IgnoresSince, "ignores since"}, {m.Negentropy, "reconciles (NIP-77)"}, {m.Hints, "says finish (NIP-67)"},
		{m.Counts, "counts (NIP-45)"}, {m.Auth != "", "auth " + m.Auth + " (NIP-42)"}, {m.Hides, "hides events"},
		{m.MaxSubscriptions > 0, fmt.Sprintf("at most %d subscriptions", m.MaxSubscriptions)},
		{m.MaxMessage > 0, fmt.Sprintf("messages of at most %d bytes", m.MaxMessage)},
		{m.PageLimit > 0, fmt.Sprintf("best asked for %d at once", m.PageLimit)}} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return []string{"manners\t" + strings.Join(words, ", ") + " (" + instant(m.ProbedAt) + ")"}
}

func coverageLines(r store.RelayReport) (lines []string) {
	for _, filter := range slices.Sorted(maps.Keys(r.Coverage)) {
		for _, i := range r.Coverage[filter] {
			lines = append(lines, "covered "+app.Quote(filter)+"\t"+interval(i))
		}
	}
	for _, filter := range slices.Sorted(maps.Keys(r.Truncated)) {
		for _, i := range r.Truncated[filter] {
			lines = append(lines, "hole "+app.Quote(filter)+"\t"+interval(i))
		}
	}
	return lines
}

func interval(i store.Interval) string {
	return instant(time.Unix(i.Since, 0)) + " … " + instant(time.Unix(i.Until, 0))
}
