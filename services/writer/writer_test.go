package writer_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestPagesBecomeRowsAndFacts(t *testing.T) {
	p := newPlace(t)
	metrics, _ := p.start()
	events := makeEvents(20)
	p.send(pageOf(relayA, events[:15]...))
	p.send(pageOf(relayB, events[10:]...))
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 20)
	p.expectRows("SELECT count(*) FROM sighting", 25)
	p.expectRows("SELECT count(*) FROM coverage", 2)
	p.expectEvents(events...)
	first := p.streams.Messages(subject.StreamEvents)[0]
	if first.Header[subject.HeaderSchema] != "1" || first.Header[subject.HeaderSeenAt] != fmt.Sprint(noon) || first.Header[subject.HeaderRelay] == "" {
		t.Errorf("headers on EVENTS: got %v, want schema, relay and time", first.Header)
	}
	if got := p.streams.Count(subject.StreamEvents); got != 20 {
		t.Errorf("messages on EVENTS: got %d, want each event once", got)
	}
	expectMetric(t, metrics, "bigbrotr_writer_events_total", "new", 20)
	expectMetric(t, metrics, "bigbrotr_writer_sightings_total", "new", 25)
	expectMetric(t, metrics, "bigbrotr_writer_intervals_total", "proven", 2)
	expectMetric(t, metrics, "bigbrotr_writer_batches_total", "written", 2)
}

func TestSomeEventsAreNeverPublished(t *testing.T) {
	p := newPlace(t)
	p.start()
	public := key.Sign(1, 1, [][]string{{"t", "-"}, {"expiration", "1"}}, "expired, but no secret")
	protected := key.Sign(2, 1, [][]string{{"t", "x"}, {"-"}}, "NIP-70")
	credential := key.Sign(3, 22242, nil, "")
	p.send(pageOf(relayA, public, protected, credential))
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 2)
	p.expectRows("SELECT count(*) FROM event WHERE kind = 22242", 0)
	p.expectEvents(public)
}

func TestWhatCannotBeReadGoesToDead(t *testing.T) {
	p := newPlace(t)
	p.start()
	if err := p.bus.Publish(t.Context(), bus.Message{Subject: subject.IngestPages, Body: []byte("no batch")}); err != nil {
		t.Fatal(err)
	}
	p.send(pageOf(relayA, makeEvents(1)...))
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 1)
	dead := p.streams.Messages(subject.StreamDead)
	if len(dead) != 1 || string(dead[0].Body) != "no batch" || dead[0].Header[subject.HeaderReason] != "undecodable" ||
		dead[0].Subject != subject.Dead("writer") {
		t.Errorf("DEAD: got %v, want the bytes that were no batch", dead)
	}
}

func TestOnePoisonedEventIsIsolated(t *testing.T) {
	p := newPlace(t)
	events := makeEvents(50)
	p.breakInsert(events[33].ID, "22023")
	metrics, _ := p.start()
	p.send(pageOf(relayA, events...))
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 49)
	p.expectRows("SELECT count(*) FROM quarantine", 1)
	p.expectRows("SELECT count(*) FROM coverage", 1)
	p.expectEvents(slices.Delete(slices.Clone(events), 33, 34)...)
	expectMetric(t, metrics, "bigbrotr_writer_events_total", "quarantined", 1)
	expectMetric(t, metrics, "bigbrotr_writer_errors_total", "data", 1)
}

func TestAMistakeOfOursCostsOneMessage(t *testing.T) {
	p := newPlace(t)
	events := makeEvents(6)
	p.breakInsert(events[3].ID, "42883")
	p.send(pageOf(relayA, events[:3]...))
	p.send(pageOf(relayA, events[3:5]...))
	p.send(pageOf(relayA, events[5]))
	p.start()
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 4)
	p.expectRows("SELECT count(*) FROM quarantine", 1)
	dead := p.streams.Messages(subject.StreamDead)
	if len(dead) != 1 {
		t.Fatalf("DEAD: got %d messages, want one", len(dead))
	}
	batch, err := ingest.Decode(dead[0].Body)
	if err != nil || len(batch.Pages[0].Events) != 2 {
		t.Errorf("batch on DEAD: got %v, %v, want the exact bytes of the second message", batch, err)
	}
}

// breakInsert makes Postgres refuse one event with a SQLSTATE.
func (p *place) breakInsert(id event.ID, state string) {
	p.t.Helper()
	p.exec(fmt.Sprintf(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF NEW.id = '\x%s' THEN RAISE EXCEPTION 'refused on purpose' USING ERRCODE = '%s'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse()`, id, state))
}

// TestAWriterOfTheWrongRoleLosesNothing gives a writer the role that only reads: it waits, as for a Postgres that is away,
// and what it could not write is there for one of the right role.
func TestAWriterOfTheWrongRoleLosesNothing(t *testing.T) {
	p := newPlace(t)
	metrics, stop := p.startOn(testkit.Reader(t, p.dsn))
	p.send(pageOf(relayA, makeEvents(3)...))
	p.eventually("refusals", func() int64 {
		now, met := countNow(t), "bigbrotr_writer_errors_total{infrastructure}"
		return int64(min(now[met]-metrics[met], 1))
	}, 1)
	stop()
	if n := p.streams.Count(subject.StreamDead); n != 0 {
		t.Errorf("DEAD: got %d messages, want none: the batch is not to blame", n)
	}
	p.start()
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 3)
	p.expectRows("SELECT count(*) FROM quarantine", 0)
}
