package finder

import (
	"bytes"
	"context"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// Sources of URLs in stored events, by what made us look.
const (
	sourceNIP65    = "nip65"    // kind 10002
	sourceContacts = "contacts" // kind 3
	sourceKind2    = "kind2"    // kind 2, recommended relay
	sourceNIP66    = "nip66"    // kind 30166
	sourceList     = "list"     // other lists of relays, and HTTP lists
	sourceHint     = "hint"     // hints in tags and NIP-19 entities of any other kind
)

// ownSources are admitted however many names others have invented.
var ownSources = map[string]bool{
	sourceSeed: true, sourceNIP65: true, sourceContacts: true, sourceKind2: true, sourceNIP66: true, sourceList: true,
	sourceHint: true,
}

var sourceOfKind = map[uint16]string{
	2: sourceKind2, 3: sourceContacts, 10002: sourceNIP65, 30166: sourceNIP66,
	10006: sourceList, 10007: sourceList, 10012: sourceList, 10050: sourceList, 30002: sourceList,
}

// scanLimits bound one fetch of stored events, foundLines the URLs in one message on FOUND.
var scanLimits = bus.Limits{Messages: 500, Wait: time.Second}

const foundLines = 500

// scan reads stored events for relays and publishes those that did not go out lately. Each event is read once; after a
// crash, the last fetch is read again.
func (f *Finder) scan(ctx context.Context, deliveries []*bus.Delivery) error {
	found := map[string][]string{}
	var keys []string
	fresh := map[string]bool{}
	for _, d := range deliveries {
		e, err := event.Parse(d.Body)
		if err != nil {
			eventsScanned.WithLabelValues("unreadable").Inc()
			continue
		}
		eventsScanned.WithLabelValues("read").Inc()
		source := sourceOf(e.Kind)
		for _, one := range f.parser.FromEvent(e) {
			key := source + " " + string(one.URL)
			if one.Err != nil || fresh[key] || f.scanned.has(key) {
				continue
			}
			fresh[key] = true
			keys = append(keys, key)
			found[source] = append(found[source], string(one.URL))
		}
	}
	if err := f.bus.PublishMany(ctx, foundMessages(found)); err != nil {
		return err
	}
	for _, key := range keys {
		f.scanned.add(key)
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
