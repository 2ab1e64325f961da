package relay

import (
	"encoding/json"
	"strings"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// Kinds whose tags or content name relays by contract.
const (
	kindRecommendRelay = 2     // NIP-01 of old: the content is a relay
	kindContacts       = 3     // NIP-02: the content was a map of relays to policies
	kindRelayList      = 10002 // NIP-65: `r`
	kindDiscovery      = 30166 // NIP-66: `d`
)

// relayTagOfKind is the tag whose value is a relay, with or without a scheme: that of NIP-65, NIP-66, NIP-17, and of the lists
// of NIP-51 (blocked, search, favourite, indexing, proxy, broadcast, trusted and wiki relays, sets of relays, groups; packages of keys).
var relayTagOfKind = map[int]string{
	kindRelayList: "r", kindDiscovery: "d", 10006: "relay", 10007: "relay", 10009: "r", 10012: "relay", 10050: "relay", 10051: "relay",
	10086: "relay", 10087: "relay", 10088: "relay", 10089: "relay", 10102: "relay", 30002: "relay",
}

// FromEvent lists the relays that an event names, each once and at most MaxFoundEvent: by the contract of its kind, in any
// tag value that begins with `ws://` or `wss://`, and in the NIP-19 entities of its content.
func (p Parser) FromEvent(e event.Event) []Found {
	return p.eventURLs(int(e.Kind), e.DecodeTags(), e.DecodeContent())
}

// event reads an event as it stands in a message. Nothing of it is verified: it only names candidates.
func (c *collector) event(doc []byte) {
	var e struct {
		Kind    int
		Content string
		Tags    []json.RawMessage
	}
	_ = json.Unmarshal(doc, &e) // what has the wrong type stays empty, the rest is read
	tags := make([][]string, len(e.Tags))
	for i, raw := range e.Tags {
		_ = json.Unmarshal(raw, &tags[i]) // the same
	}
	before := len(c.out)
	c.merge(c.parser.eventURLs(e.Kind, tags, e.Content))
	if len(c.out) == before {
		c.refuse(string(doc), ReasonShape)
	}
}

func (c *collector) merge(found []Found) {
	room := max(c.limit-len(c.out), 0)
	c.beyond += max(len(found)-room, 0)
	c.out = append(c.out, found[:min(len(found), room)]...)
}

func (p Parser) eventURLs(kind int, tags [][]string, content string) []Found {
	c := collector{parser: p, limit: MaxFoundEvent, seen: map[string]bool{}}
	for _, tag := range tags {
		c.tag(tag, relayTagOfKind[kind])
	}
	switch kind {
	case kindRecommendRelay:
		c.text(content)
	case kindContacts:
		c.contacts(content)
	}
	for _, url := range entityRelays(content) {
		c.text(url)
	}
	return c.done()
}

func (c *collector) tag(tag []string, named string) {
	for i, value := range tag {
		switch {
		case i == 1 && named != "" && tag[0] == named && !isPubKey(value):
			c.text(value)
		case hasPrefixFold(value, "ws://") || hasPrefixFold(value, "wss://"):
			c.text(value)
		}
	}
}

// isPubKey holds for the `d` of a relay without URL (NIP-66).
func isPubKey(s string) bool { return len(s) == 64 && only(strings.ToLower(s), "0123456789abcdef") }

func (c *collector) contacts(content string) {
	dec := json.NewDecoder(strings.NewReader(content))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return
		}
		c.text(key.(string))
		var policy json.RawMessage
		if dec.Decode(&policy) != nil {
			return
		}
	}
}
