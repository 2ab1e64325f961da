package finder

import (
	"bytes"
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// Sources of URLs in stored events, by what made us look.
const (
	sourceNIP65    = "nip65"    // kind 10002
	sourceContacts = "contacts" // kind 3
	sourceKind2    = "kind2"    // kind 2, recommended relay
	sourceNIP66    = "nip66"    // kinds 30166 and 10166
	sourceNIP05    = "nip05"    // nostr.json of the domains of kind 0
	sourceList     = "list"     // other lists of relays, and HTTP lists
	sourceHint     = "hint"     // hints in tags and NIP-19 entities of any other kind
)

// ownSources are admitted however many names others have invented.
var ownSources = map[string]bool{
	sourceSeed: true, sourceNIP65: true, sourceContacts: true, sourceKind2: true, sourceNIP66: true, sourceList: true,
	sourceNIP05: true, sourceHint: true,
}

var sourceOfKind = map[uint16]string{
	2: sourceKind2, 3: sourceContacts, 10002: sourceNIP65, 30166: sourceNIP66, 10166: sourceNIP66,
	10006: sourceList, 10007: sourceList, 10009: sourceList, 10012: sourceList, 10050: sourceList, 10051: sourceList, 10086: sourceList,
	10087: sourceList, 10088: sourceList, 10089: sourceList, 10102: sourceList, 30002: sourceList,
}

// scanLimits bound one fetch of stored events, foundLines the URLs in one message on FOUND.
var scanLimits = bus.Limits{Messages: 500, Wait: time.Second}

const foundLines = 500

// scanner reads stored events for relays and publishes those that did not go out lately.
type scanner struct {
	bus       *bus.Bus
	store     *store.Store
	parser    relay.Parser
	published *recent              // URLs with their source
	profiles  func(content string) // is shown the content of each profile; nil = nobody is
}

func newScanner(parser relay.Parser, b *bus.Bus, s *store.Store) *scanner {
	return &scanner{bus: b, store: s, parser: parser, published: newRecent(scannedURLs)}
}

// scan reads what is on EVENTS. Each event is read once; after a crash, the last fetch is read again.
func (c *scanner) scan(ctx context.Context, deliveries []*bus.Delivery) error {
	s := c.newSightseeing()
	for _, d := range deliveries {
		e, err := event.Parse(d.Body)
		if err != nil {
			eventsScanned.WithLabelValues("unreadable").Inc()
			continue
		}
		eventsScanned.WithLabelValues("read").Inc()
		s.read(e)
	}
	return s.publish(ctx)
}

// sightseeing is what some events name that did not go out lately.
type sightseeing struct {
	*scanner
	found   map[string][]string // by source
	keys    map[string]bool     // source and URL
	watched []string            // URLs that a monitor names: one monitor is not enough
}

func (c *scanner) newSightseeing() *sightseeing {
	return &sightseeing{scanner: c, found: map[string][]string{}, keys: map[string]bool{}}
}

func (s *sightseeing) read(e event.Event) {
	source := sourceOf(e.Kind)
	for _, one := range s.parser.FromEvent(e) {
		key := source + " " + string(one.URL)
		if one.Err != nil || s.keys[key] || s.published.has(key) {
			continue
		}
		s.keys[key] = true
		if source == sourceNIP66 {
			s.watched = append(s.watched, string(one.URL))
			continue
		}
		s.found[source] = append(s.found[source], string(one.URL))
	}
	if e.Kind == kindProfile && s.profiles != nil {
		s.profiles(e.DecodeContent())
	}
}

// publish hands over what was seen, and remembers it when that is acknowledged. It may be called again after an error.
func (s *sightseeing) publish(ctx context.Context) error {
	if err := s.confirm(ctx); err != nil {
		return err
	}
	if err := s.bus.PublishMany(ctx, foundMessages(s.found)); err != nil {
		return err
	}
	for key := range s.keys {
		s.published.add(key)
	}
	return nil
}

func sourceOf(kind uint16) string {
	if source := sourceOfKind[kind]; source != "" {
		return source
	}
	return sourceHint
}

// foundMessages writes URLs as messages of the intake, one URL a line.
func foundMessages(found map[string][]string) []bus.Message {
	var messages []bus.Message
	for source, urls := range found {
		var body bytes.Buffer
		lines := 0
		for i, url := range urls {
			body.WriteString(url)
			body.WriteByte('\n')
			if lines++; lines == foundLines || body.Len() > relay.MaxFoundBody/2 || i == len(urls)-1 {
				messages = append(messages, bus.Message{Subject: subject.FoundFrom(source), Body: bytes.Clone(body.Bytes())})
				body.Reset()
				lines = 0
			}
		}
	}
	return messages
}
