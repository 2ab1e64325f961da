package diagnosis

import (
	"slices"
	"strings"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Evidence is what is known of one relay from one vantage. What is nil or empty was not measured and gives no finding.
type Evidence struct {
	URL     relay.URL
	Vantage string
	State   string // "" = never checked
	Now     time.Time
	Checks  map[string]store.Result // of the last round, by name

	Writing   *document.Writing
	Login     *document.Login
	Answer    *document.InfoAnswer
	Cert      *document.Certificate
	Names     *document.NameRecords
	Abilities *document.Abilities

	Tried   string   // why the last try of a candidate failed, "" = it is a relay
	Synced  bool     // a synchronizer was here
	Barred  string   // why its last turn was turned away, "" = it was not
	Twins   []string // other URLs that serve the same information document
	Seen    int      // monitors of others that say they reached it, lately
	Changes int      // changes of state in the last week
}

// Collect makes the evidence of every vantage that checked the relay.
func Collect(report store.RelayReport, documents []store.Version, health store.Health, now time.Time) []Evidence {
	var all []Evidence
	for _, s := range report.States {
		e := Evidence{URL: relay.URL(report.URL), Vantage: s.Vantage, State: s.State.State, Now: now, Checks: map[string]store.Result{}}
		for _, r := range report.Results {
			if r.Vantage == s.Vantage {
				e.Checks[r.Check] = r
			}
		}
		for _, v := range report.Visits {
			if v.Vantage == s.Vantage && v.Job == "sync" {
				e.synced(v)
			}
		}
		for _, t := range health.Transitions {
			if t.Vantage == s.Vantage && t.From != "never checked" && t.To != "degraded" && t.From != "degraded" && now.Sub(t.At) < 7*24*time.Hour {
				e.Changes++
			}
		}
		for _, d := range documents {
			if d.Vantage == s.Vantage && (d.Type == document.Capabilities || d.LastSeen.Equal(s.CheckedAt)) {
				e.add(d)
			}
		}
		all = append(all, e)
	}
	return all
}

// OfCandidate is the evidence of a URL that has not answered the validator yet: why the last try failed. A try connects and
// asks; only a timeout does not tell which of both it ended.
func OfCandidate(report store.RelayReport, now time.Time) Evidence {
	e := Evidence{URL: relay.URL(report.URL), Now: now, Tried: report.Reason, Checks: map[string]store.Result{}}
	if slices.Contains(refusals, report.Reason) {
		e.State = "blocked"
	}
	switch relay.Class(report.Reason) {
	case relay.ClassTimeout:
	case relay.ClassDisconnect, relay.ClassMalformed, relay.ClassFlood, relay.ClassTooLarge:
		e.Checks[document.Open] = store.Result{Check: document.Open, OK: true}
		e.Checks[document.Read] = store.Result{Check: document.Read, Reason: report.Reason}
	default:
		e.Checks[document.Open] = store.Result{Check: document.Open, Reason: report.Reason}
	}
	return e
}

// synced takes what the synchronizer met. Only what the relay said on purpose bars it.
func (e *Evidence) synced(v store.Visit) {
	e.Synced = true
	for _, word := range []string{"auth", "restricted", "blocked", "upgrade_401", "upgrade_403"} {
		if v.Outcome != "done" && strings.Contains(v.Reason, word) {
			e.Barred = v.Reason
		}
	}
}

// add takes a document into the evidence; one that this version cannot read is as good as none.
func (e *Evidence) add(d store.Version) {
	switch d.Type {
	case document.Write:
		e.Writing = read[document.Writing](d.Body)
	case document.Auth:
		e.Login = read[document.Login](d.Body)
	case document.Answer:
		e.Answer = read[document.InfoAnswer](d.Body)
	case document.TLS:
		e.Cert = read[document.Certificate](d.Body)
	case document.DNS:
		e.Names = read[document.NameRecords](d.Body)
	case document.Capabilities:
		e.Abilities = read[document.Abilities](d.Body)
	}
}

func read[T any](body []byte) *T {
	value, err := document.Decode[T](body)
	if err != nil {
		return nil
	}
	return &value
}

// why is the reason of a check that was made and failed, "" for every other.
func (e Evidence) why(check string) string {
	if r, ok := e.Checks[check]; ok && !r.OK {
		return r.Reason
	}
	return ""
}

// opened says whether the last round connected.
func (e Evidence) opened() bool { return e.Checks[document.Open].OK }

// claims are what the relay says of itself; nil = it does not.
func (e Evidence) claims() *relay.Claims {
	if e.Answer == nil {
		return nil
	}
	return e.Answer.Claims
}
