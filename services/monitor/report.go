package monitor

import (
	"errors"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/geoip"
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
		if !r.keeps(result.Check) {
			continue
		}
		c.Results = append(c.Results, result.message())
		c.Documents = append(c.Documents, result.Documents...)
	}
	return &ingest.Batch{Checks: []*ingest.Check{c}}
}

func (result Result) message() *ingest.Result {
	return &ingest.Result{
		Check: result.Check, Ok: result.Err == nil, RttMs: milliseconds(result.RTT),
		Reason: reasonOf(result.Err), Text: relay.Tidy(wordsOf(result.Err), maxText), Value: result.Value,
		DnsMs: milliseconds(result.Phases.DNS), TcpMs: milliseconds(result.Phases.TCP), TlsMs: milliseconds(result.Phases.TLS),
		UpgradeMs: milliseconds(result.Phases.Upgrade),
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

// ownReasons are those of errors of this package.
var ownReasons = map[error]string{
	errNotOpen: "not_open", errNotReadable: "not_readable", errNoTime: "no_time", errNotApplicable: "not_applicable", errNotMeasured: "not_measured", errNoSix: "not_measured",
	geoip.ErrNotMeasured: "not_measured", geoip.ErrUnknown: "unknown_address",
}

// reasonOf is a failure as a token of a bounded set, and "" for none.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	if r, ok := errors.AsType[*rejection](err); ok {
		return r.reason()
	}
	for plain, reason := range ownReasons {
		if errors.Is(err, plain) {
			return reason
		}
	}
	if fault, ok := errors.AsType[*certFault](err); ok {
		return "cert_" + fault.name
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
