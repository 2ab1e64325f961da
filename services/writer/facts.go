package writer

import (
	"encoding/hex"
	"encoding/json"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// The bodies of RELAYS. They are public interface: fields are added, never renamed or removed. Times are unix seconds.

// acceptedFact says that a URL was proven to be a relay.
type acceptedFact struct {
	Relay      string `json:"relay"`
	Network    string `json:"network"`
	AcceptedAt int64  `json:"accepted_at"`
}

// stateFact says that a relay's state changed, as seen from one vantage.
type stateFact struct {
	Relay        string `json:"relay"`
	Network      string `json:"network"`
	Vantage      string `json:"vantage"`
	CheckedAt    int64  `json:"checked_at"`
	State        string `json:"state"`
	Since        int64  `json:"since"`
	Failures     uint32 `json:"failures"`
	FailingSince int64  `json:"failing_since,omitempty"`
}

// checkFact is the result of one round of checks. The relay's own words are left out: they are anybody's text.
type checkFact struct {
	stateFact
	NextCheckAt int64        `json:"next_check_at,omitempty"`
	Results     []resultFact `json:"results"`
}

type resultFact struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	RTTms  uint32 `json:"rtt_ms,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// changedFact says that a relay serves another version of a document.
type changedFact struct {
	Relay     string `json:"relay"`
	Network   string `json:"network"`
	Vantage   string `json:"vantage"`
	CheckedAt int64  `json:"checked_at"`
	Document  string `json:"document"`
	SHA256    string `json:"sha256"`
}

// relayFacts are the facts about relays in the order of their making: accepted, state, check, changed. A message that
// came again accepts its relays again; the other facts follow from what the message holds.
func relayFacts(g *group, written store.Written) []bus.Message {
	var messages []bus.Message
	for _, a := range accepted(g, written) {
		messages = append(messages, fact(subject.FactAccepted, a.Relay, acceptedFact{a.Relay, network(a.Relay), a.At}))
	}
	for _, c := range written.States {
		messages = append(messages, fact(c.State, c.Relay, stateOf(c)))
	}
	for _, c := range written.Checks {
		on := subject.Check(network(c.Relay), subject.Token(c.Relay))
		messages = append(messages, message(on, c.Relay, checkFact{stateOf(c), c.NextCheckAt, resultsOf(c)}))
	}
	for _, c := range written.Changed {
		messages = append(messages, fact(subject.FactChanged, c.Relay,
			changedFact{c.Relay, network(c.Relay), c.Vantage, c.SeenAt, c.Type, hex.EncodeToString(c.SHA256[:])}))
	}
	return messages
}

func fact(name, url string, body any) bus.Message {
	return message(subject.RelayFact(name, network(url), subject.Token(url)), url, body)
}

func message(on, url string, body any) bus.Message {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return bus.Message{
		Subject: on,
		Header:  map[string]string{subject.HeaderRelay: url, subject.HeaderSchema: subject.FactSchema},
		Body:    text,
	}
}

// accepted are the relays that this transaction added, and those that a message which came again had accepted.
func accepted(g *group, written store.Written) []store.Accepted {
	all := written.Accepted
	told := map[string]bool{}
	for _, a := range all {
		told[a.Relay] = true
	}
	for i, batch := range g.batches {
		for _, m := range batch.Relays {
			if g.again[i] && !told[m.Url] {
				told[m.Url] = true
				all = append(all, store.Accepted{Relay: m.Url, At: m.AcceptedAt})
			}
		}
	}
	return all
}

func stateOf(c *ingest.Check) stateFact {
	return stateFact{c.Relay, network(c.Relay), c.Vantage, c.CheckedAt, c.State, c.StateSince, c.Failures, c.FailingSince}
}

func resultsOf(c *ingest.Check) []resultFact {
	results := make([]resultFact, len(c.Results))
	for i, r := range c.Results {
		results[i] = resultFact{r.Check, r.Ok, r.RttMs, r.Reason}
	}
	return results
}

func network(url string) string { return string(relay.URL(url).Network()) }
