package publisher

import (
	"slices"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/document"
	"github.com/bigbrotr/bigbrotr-go/shared/feed"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// kindDiscovery says what a relay is like (NIP-66, addressable).
const kindDiscovery = 30166

// Report is what one round of checks found of a relay.
type Report struct {
	Check     feed.Check
	Documents map[string][]byte // what the checks brought home, by type
}

// findings are a report, read.
type findings struct {
	feed.Check
	documents map[string][]byte
	claims    relay.Claims
	writing   document.Writing
	login     document.Login
	abilities document.Abilities
}

// read reads the documents of those checks that are published.
func (r Report) read(published func(check string) bool) findings {
	f := findings{Check: r.Check, documents: map[string][]byte{}}
	for name, body := range r.Documents {
		if published(name) {
			f.documents[name] = body
		}
	}
	f.claims = claimsOf(f.documents)
	f.writing, _ = read[document.Writing](f.documents, document.Write)
	f.login, _ = read[document.Login](f.documents, document.Auth)
	f.abilities, _ = read[document.Abilities](f.documents, document.Capabilities)
	return f
}

// draft is an event before it is signed.
type draft struct {
	kind    uint16
	at      time.Time
	tags    [][]string
	content string
}

// discovery describes a relay (kind 30166). It must have answered: being away has no tag, it is the absence of a fresh event.
func discovery(r Report, published func(check string) bool) draft {
	f := r.read(published)
	return draft{
		kind: kindDiscovery, at: r.Check.CheckedAt, content: content(f.documents[document.NIP11]),
		tags: slices.Concat(
			[][]string{{"d", slashed(f.Relay)}, {"n", string(f.Relay.Network())}},
			rttTags(f.Check, published), nipTags(f.claims, f.abilities), requirementTags(f, f.claims), typeTags(f.abilities),
			topicTags(f.claims), extraTags(f, published)),
	}
}

// slashed is a relay's URL as NIP-66 writes it in `d` (RFC 3986): an empty path is a slash.
func slashed(u relay.URL) string {
	if u.Path() == "" {
		return string(u) + "/"
	}
	return string(u)
}

const rttPrefix = "rtt-"

// rttTags are the round-trip times in whole milliseconds, of checks that succeeded.
func rttTags(check feed.Check, published func(string) bool) (tags [][]string) {
	for _, name := range []string{document.Open, document.Read, document.Write} {
		if result := check.Results[name]; published(name) && result.OK && result.RTT >= time.Millisecond {
			tags = append(tags, []string{rttPrefix + name, strconv.FormatInt(result.RTT.Milliseconds(), 10)})
		}
	}
	return tags
}
