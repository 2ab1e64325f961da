package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// transitionsPrinted bounds the changes that a person is shown.
const transitionsPrinted = 10

func healthLines(h store.Health, now time.Time) (lines []string) {
	for _, u := range h.Uptimes {
		lines = append(lines, fmt.Sprintf("uptime from %s\t24 h %s, 7 d %s, 30 d %s, 90 d %s", u.Vantage,
			percent(u.Day), percent(u.Week), percent(u.Month), percent(u.Quarter)))
		lines = append(lines, fmt.Sprintf("90 days from %s\t%s", u.Vantage, dayBar(h.Days, u.Vantage, now)))
	}
	for i, t := range h.Transitions {
		if i == transitionsPrinted {
			break
		}
		lines = append(lines, fmt.Sprintf("changed from %s\t%s %s → %s", t.Vantage, instant(t.At), stateWords(t.From), joined(stateWords(t.To), t.Reason)))
	}
	return lines
}

func percent(s store.Span) string {
	share, ok := s.Share()
	if !ok {
		return "unknown"
	}
	return fmt.Sprintf("%.2f %%", 100*share)
}

// marks stand for the worst state of a day.
var marks = map[string]string{"up": "|", "authonly": "a", "blocked": "b", "down": "d", "dead": "x", "degraded": "v"}

// dayBar is one mark for each of the last 90 days, the oldest first; a day that nobody saw is a dot.
func dayBar(days []store.Day, vantage string, now time.Time) string {
	const shown = 90
	bar := strings.Split(strings.Repeat("·", shown), "")
	today := now.UTC().Truncate(24 * time.Hour)
	for _, d := range days {
		if ago := int(today.Sub(d.Day.UTC()) / (24 * time.Hour)); d.Vantage == vantage && ago >= 0 && ago < shown {
			bar[shown-1-ago] = marks[d.Worst]
		}
	}
	return strings.Join(bar, "")
}

// stateWords are a state in words for people.
func stateWords(state string) string {
	switch state {
	case "blocked":
		return "blocked us"
	case "authonly":
		return "auth only"
	case "degraded":
		return "vantage degraded"
	}
	return state
}
