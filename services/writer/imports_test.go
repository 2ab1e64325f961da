package writer_test

import (
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
)

// TestImportedEventsAreTold writes an import: new events are facts as any others, and nobody is said to have served them.
func TestImportedEventsAreTold(t *testing.T) {
	p := newPlace(t)
	p.start()
	events := makeEvents(30)
	page := pageOf(relayA, events[:10]...)
	p.send(page)
	p.drained()
	p.send(&ingest.Batch{Imports: []*ingest.Import{{Source: "jsonl", ReadAt: noon, Events: pageOf(relayA, events...).Pages[0].Events}}})
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 30)
	p.expectRows("SELECT count(*) FROM sighting", 10)
	p.expectEvents(events...)
	messages := p.streams.Messages(subject.StreamEvents)
	last := messages[len(messages)-1]
	if _, named := last.Header[subject.HeaderRelay]; named || last.Header[subject.HeaderSchema] != "1" {
		t.Errorf("headers of an imported event: got %v, want the schema and no relay", last.Header)
	}
}
