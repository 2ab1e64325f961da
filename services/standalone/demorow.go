package standalone

import (
	"context"
	"fmt"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// DemoRow is one relay of the demo: what there was to get, and what the archive has.
type DemoRow struct {
	Name     string `json:"name"`
	URL      string `json:"url"`
	Manners  string `json:"manners"`
	Expect   string `json:"expect"` // complete, truncated or none
	Why      string `json:"why,omitempty"`
	Served   int    `json:"served"`   // events that it shows to anybody
	Archived int64  `json:"archived"` // of them, in the archive as seen there
	Holes    int    `json:"holes"`    // intervals that are recorded as truncated
	Outcome  string `json:"outcome"`
	Reason   string `json:"reason,omitempty"`
	OK       bool   `json:"ok"` // the archive is as good as it can be

	settled bool
}

// look compares every relay with the archive.
func (r *round) look(ctx context.Context) ([]DemoRow, error) {
	possible := map[string]int{}
	for pair := range r.demo.Network.Truth().Possible {
		possible[pair.URL]++
	}
	var rows []DemoRow
	for _, m := range r.demo.Network.Members {
		report, known, err := r.store.RelayReport(ctx, m.URL())
		if err != nil {
			return nil, err
		}
		row := DemoRow{Name: m.Name(), URL: m.URL(), Manners: inWords(m.Manners()), Expect: string(m.Expect.Outcome),
			Why: m.Expect.Reason, Served: possible[m.URL()]}
		if known {
			row.take(report)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// take fills in what the archive says.
func (row *DemoRow) take(report store.RelayReport) {
	row.Archived = report.Sightings
	for _, holes := range report.Truncated {
		row.Holes += len(holes)
	}
	switch {
	case report.AcceptedAt.IsZero():
		row.Outcome, row.Reason, row.settled = "no relay", report.Reason, report.Tries > 0
	case !row.visited(report) && len(report.States) > 0:
		row.checked(report)
	}
	row.OK = row.judge()
}

// visited takes the outcome of the last walk.
func (row *DemoRow) visited(report store.RelayReport) bool {
	for _, v := range report.Visits {
		if v.Job == subject.JobSync {
			row.Outcome, row.Reason, row.settled = v.Outcome, v.Reason, v.Outcome != "paused"
			return true
		}
	}
	return false
}

// checked takes the outcome of the last check of a relay that is not walked because of it.
func (row *DemoRow) checked(report store.RelayReport) {
	row.Outcome = report.States[0].State.State
	for _, result := range report.Results {
		if result.Check == "read" {
			row.Reason, row.settled = result.Reason, !result.OK
		}
	}
	row.settled = row.settled || row.Outcome != "up"
}

func (row *DemoRow) judge() bool {
	switch simrelay.Outcome(row.Expect) {
	case simrelay.Complete:
		return row.Archived >= int64(row.Served)
	case simrelay.Truncated:
		return row.Archived >= int64(row.Served) || (row.Archived > 0 && (row.Holes > 0 || row.Reason != ""))
	}
	return row.settled && row.Archived <= int64(row.Served) && row.Outcome != "done"
}

// inWords tells a relay's manners to people.
func inWords(m simrelay.Manners) string {
	var words []string
	say := func(is bool, format string, v ...any) {
		if is {
			words = append(words, fmt.Sprintf(format, v...))
		}
	}
	say(m.Dead == simrelay.Refused, "nothing listens")
	say(m.Dead == simrelay.Hang, "accepts and says nothing")
	say(m.Dead == simrelay.HTTPOK, "a web page")
	say(m.Dead == simrelay.HTTPForbidden, "answers 403")
	say(m.Cap > 0, "at most %d a page", m.Cap)
	say(m.AboveCapAnswer > 0, "%d when asked for more", m.AboveCapAnswer)
	say(m.HiddenShare > 0, "hides %.0f %%", 100*m.HiddenShare)
	say(m.Order == simrelay.OldestFirst, "oldest first")
	say(m.Order == simrelay.RandomOrder, "random order")
	say(m.UntilExclusive, "until is exclusive")
	say(m.SinceExclusive, "since is exclusive")
	say(m.IgnoreSince, "ignores since")
	say(m.Duplicates, "sends everything twice")
	say(m.OutsideFilter > 0, "adds what was not asked")
	say(m.Forge > 0, "forges %.0f %%", 100*m.Forge)
	say(m.GiantFrame > 0, "sends giant frames")
	say(m.Delay > 0, "answers after %s", m.Delay)
	say(m.LoseEOSEEvery > 0, "loses every %d. EOSE", m.LoseEOSEEvery)
	say(m.EndlessStream, "never ends")
	say(m.FinishHint, "says when it is finished")
	say(m.DropMidAnswerEvery == 1, "hangs up in every answer")
	say(m.DropMidAnswerEvery > 1, "hangs up in every %d. answer", m.DropMidAnswerEvery)
	say(m.DropAfter > 0, "hangs up after %d answers", m.DropAfter)
	say(m.AuthOnly, "wants AUTH")
	say(m.NoticeOnly, "answers by NOTICE")
	say(m.ClosedPrefix != "", "answers CLOSED %s", m.ClosedPrefix)
	say(m.RefuseEvery > 0, "refuses every %d. request", m.RefuseEvery)
	say(m.RateLimitAfter > 0, "limits the rate")
	if len(words) == 0 {
		return "honest"
	}
	return strings.Join(words, ", ")
}
