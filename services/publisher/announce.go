package publisher

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// What a monitor says of itself, each a replaceable event.
const (
	kindProfile   = 0     // NIP-01
	kindRelayList = 10002 // NIP-65: where its events are
	kindMonitor   = 10166 // NIP-66: how it works
)

// checkNames are the words of NIP-66 where ours are others.
var checkNames = map[string]string{document.TLS: "ssl"}

// announcements are the events about the monitor itself.
func (p *Publisher) announcements(now time.Time) []draft {
	return []draft{
		{kind: kindProfile, at: now, content: p.profile()},
		{kind: kindRelayList, at: now, tags: relayListTags(p.relays)},
		{kind: kindMonitor, at: now, tags: p.monitorTags()},
	}
}

func (p *Publisher) profile() string {
	text, err := json.Marshal(struct {
		Name  string `json:"name"`
		About string `json:"about,omitempty"`
	}{p.cfg.Name, p.cfg.About})
	if err != nil {
		panic(err) // two strings
	}
	return string(text)
}

func relayListTags(relays []relay.URL) (tags [][]string) {
	for _, u := range relays {
		tags = append(tags, []string{"r", slashed(u)})
	}
	return tags
}

// monitorTags announce what the running configuration does. An unchanged result comes again with the heartbeat, or, where
// relays are looked at more seldom than that, with the next round. The order inside `timeout` is that of NIP-66's example,
// not of its text; readers take the number for the milliseconds.
func (p *Publisher) monitorTags() [][]string {
	frequency := max(p.cfg.Heartbeat, p.self.Interval)
	tags := [][]string{{"frequency", strconv.FormatInt(int64(frequency/time.Second), 10)}}
	var checks, networks [][]string
	for _, question := range p.self.Checks {
		name := question.Check
		if other, ok := checkNames[name]; ok {
			name = other
		}
		tags = append(tags, []string{"timeout", name, strconv.FormatInt(question.Timeout.Milliseconds(), 10)})
		checks = append(checks, []string{"c", name})
	}
	for _, network := range relay.Networks() {
		if p.network.Enabled(network) {
			networks = append(networks, []string{"n", string(network)})
		}
	}
	return slices.Concat(tags, checks, networks, geohashTags(document.Place{Geohash: p.cfg.Geohash}))
}
