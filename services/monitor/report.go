package monitor

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// maxText is how many bytes of a relay's own words are kept.
const maxText = 200

// report is the message about a finished round and the state that came of it.
func (r *round) report(vantage string, s store.State, next time.Time) *ingest.Batch {
	c := &ingest.Check{
		Relay: string(r.url), Vantage: vantage, CheckedAt: r.at.Unix(),
		State: s.State, StateSince: s.Since.Unix(), Failures: uint32(s.Failures), NextCheckAt: next.Unix(),
	}
	if s.Failures > 0 {
		c.FailingSince = s.FailingSince.Unix()
	}
	for _, result := range r.results {
		c.Results = append(c.Results, result.message())
		if result.Document != nil {
			c.Documents = append(c.Documents, result.Document)
		}
	}
	return &ingest.Batch{Checks: []*ingest.Check{c}}
}

func (result Result) message() *ingest.Result {
	return &ingest.Result{
		Check: result.Check, Ok: result.Err == nil, RttMs: milliseconds(result.RTT),
		Reason: reasonOf(result.Err), Text: tidy(wordsOf(result.Err)),
	}
}

// longestRTT is more than any round lasts and fits the table.
const longestRTT = time.Hour

// milliseconds rounds up, so that what was measured is never 0, which means that nothing was.
func milliseconds(d time.Duration) uint32 {
	if d <= 0 {
		return 0
	}
	return uint32((min(d, longestRTT) + time.Millisecond - 1) / time.Millisecond)
}

// reasonOf is a failure as a token of a bounded set, and "" for none.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	if r, ok := errors.AsType[*rejection](err); ok {
		return r.reason()
	}
	switch {
	case errors.Is(err, errNotOpen):
		return "not_open"
	case errors.Is(err, errNoTime):
		return "no_time"
	}
	return relay.ReasonOf(err)
}

// wordsOf are the relay's own words about a failure.
func wordsOf(err error) string {
	if r, ok := errors.AsType[*rejection](err); ok {
		return r.verdict.Text
	}
	if e, ok := errors.AsType[*relay.Error](err); ok {
		return e.Text
	}
	return ""
}

// tidy makes a stranger's words fit for a protobuf string, a row and a page: valid UTF-8 without control characters, at
// most maxText bytes.
func tidy(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
