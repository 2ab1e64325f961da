package standalone_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestJourney follows one event from the socket to its row: one relay that has one event and is
// walked, not followed live, and a writer that is started only after the batch was looked at.
func TestJourney(t *testing.T) {
	e := event.GenerateKey().Sign(1_700_000_000, 1, [][]string{{"t", "journey"}}, "one event, from socket to row")
	relay := simrelay.New("one", simrelay.Manners{}, []event.Event{e})
	c := launchOver(t, replicas{"finder": 1, "validator": 1, "monitor": 1, "synchronizer": 1}, over(relay), "SYNC_LIVE=false")
	streams := testkit.OpenStreams(t, c.url("brotr", brotrPassword))
	c.inject([]string{relay.URL()})

	// 1. The relay served it, and said EOSE.
	c.waitFor("the relay to be walked", time.Minute, func() bool { return visitIn(c.ingested(streams)) != nil })
	if _, served := relay.Ledger().Served()[e.ID]; !served {
		t.Error("the relay did not serve the event")
	}

	// 2 and 3. The synchronizer closed a page and it lies on INGEST; nothing is in Postgres yet.
	page := pageWith(c.ingested(streams), &e)
	if page == nil {
		t.Fatal("no page on INGEST holds the event and proves its second")
	}
	if page.Relay != relay.URL() || page.Filter != "{}" || page.Proof != ingest.Proof_PROOF_EOSE || page.Parts != 1 {
		t.Errorf("got a page of %s with filter %s, proof %s and %d parts", page.Relay, page.Filter, page.Proof, page.Parts)
	}
	c.checkBody(page.Events[0], &e)
	if rows := c.rows(e.ID); len(rows) > 0 || streams.Count("EVENTS") > 0 {
		t.Error("the event was archived or published before there was a writer")
	}

	// 4. The writer commits the event, the sighting and the coverage.
	writer := c.process("writer", 0)
	c.services = append(c.services, writer)
	writer.start(t)
	c.waitFor("the writer", time.Minute, func() bool { return len(c.rows(e.ID)) == 1 && streams.Count("EVENTS") > 0 })
	c.same("the event", c.rows(e.ID)[0], e.AppendJSON(nil))
	if !c.sighted(e.ID, relay.URL()) {
		t.Error("the sighting is missing")
	}
	seen := testkit.Number(t, c.owner, "SELECT first_seen FROM sighting")
	if seen != page.SeenAt {
		t.Errorf("got first seen at %d, want the page's %d", seen, page.SeenAt)
	}

	// 5. The public fact is on EVENTS, and the batches are acknowledged.
	c.checkFact(streams, &e, relay.URL(), seen)
	c.waitFor("INGEST to be empty", time.Minute, func() bool { return streams.Count("INGEST") == 0 })
	if whole, cut := c.coverage(relay.URL()); !whole || cut {
		t.Errorf("got coverage whole %t, cut %t", whole, cut)
	}
	if n := c.checkEvents(); n != 1 {
		t.Errorf("got %d events, want 1", n)
	}
}

// ingested decodes what lies on INGEST.
func (c *cluster) ingested(streams *testkit.Streams) (batches []*ingest.Batch) {
	c.t.Helper()
	for _, m := range streams.Messages("INGEST") {
		batch, err := ingest.Decode(m.Body)
		if err != nil {
			c.t.Fatalf("%s: %v", m.Subject, err)
		}
		batches = append(batches, batch)
	}
	return batches
}

// visitIn returns the report of a turn that walked everything.
func visitIn(batches []*ingest.Batch) *ingest.Visit {
	for _, batch := range batches {
		for _, visit := range batch.Visits {
			if visit.Outcome == "done" {
				return visit
			}
		}
	}
	return nil
}

// pageWith returns the page that carries an event and proves its second. The page before it may
// carry the event, too: an answer proves what is newer than its oldest event.
func pageWith(batches []*ingest.Batch, e *event.Event) *ingest.Page {
	for _, batch := range batches {
		for _, page := range batch.Pages {
			if len(page.Events) == 1 && bytes.Equal(page.Events[0].Id, e.ID[:]) && page.Since <= e.CreatedAt && e.CreatedAt <= page.Until {
				return page
			}
		}
	}
	return nil
}

// checkBody demands that a batch carries the event as it was signed.
func (c *cluster) checkBody(got *ingest.Event, want *event.Event) {
	c.t.Helper()
	e, err := event.New(event.ID(got.Id), event.PubKey(got.Pubkey), [64]byte(got.Sig), got.CreatedAt, uint16(got.Kind), got.Tags, got.Content)
	if err != nil || !bytes.Equal(e.AppendJSON(nil), want.AppendJSON(nil)) {
		c.t.Errorf("got %v on INGEST: %v", got, err)
	}
}

// checkFact demands the one message on EVENTS with its headers; the stream stores it without the
// author's token.
func (c *cluster) checkFact(streams *testkit.Streams, e *event.Event, url string, seen int64) {
	c.t.Helper()
	messages := streams.Messages("EVENTS")
	if len(messages) != 1 {
		c.t.Fatalf("got %d messages on EVENTS, want 1", len(messages))
	}
	m := messages[0]
	if want := "brotr.event.1." + e.PubKey.String()[:2]; m.Subject != want {
		c.t.Errorf("got subject %s, want %s", m.Subject, want)
	}
	for header, want := range map[string]string{
		subject.HeaderRelay: url, subject.HeaderSeenAt: strconv.FormatInt(seen, 10), subject.HeaderSchema: subject.EventSchema,
	} {
		if m.Header[header] != want {
			c.t.Errorf("got header %s %q, want %q", header, m.Header[header], want)
		}
	}
	if !bytes.Equal(m.Body, e.AppendJSON(nil)) {
		c.t.Errorf("got body %s, want the event's own JSON", m.Body)
	}
}
