package writer_test

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// crash ends Postgres without a shutdown, waits, and starts it again.
func crash(t *testing.T, postgres *pgd.Server, away time.Duration) {
	if err := syscall.Kill(postgres.Pid(), syscall.SIGQUIT); err != nil {
		t.Error(err)
	}
	<-postgres.Done()
	time.Sleep(away)
	if err := postgres.Start(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestCrashesOfPostgresLoseNothing(t *testing.T) {
	postgres := testkit.PrivatePostgres(t)
	p := newPlaceOn(t, postgres.URL("postgres"))
	metrics, _ := p.start()
	const batches, perBatch = 60, 50
	events := makeEvents(batches * perBatch)
	var crashing sync.WaitGroup
	for i := range batches {
		p.send(pageOf(fmt.Sprintf("wss://relay%d.example.com", i%7), events[i*perBatch:(i+1)*perBatch]...))
		if i == 10 || i == 40 {
			crashing.Wait()
			crashing.Go(func() { crash(t, postgres, 300*time.Millisecond) })
		}
		time.Sleep(10 * time.Millisecond) // a load that lasts through the crash
	}
	crashing.Wait()
	p.drained()
	p.expectRows("SELECT count(*) FROM event", batches*perBatch)
	p.expectRows("SELECT count(*) FROM sighting", batches*perBatch)
	p.expectRows("SELECT count(*) FROM quarantine", 0)
	p.expectEvents(events...)
	if n := p.streams.Count(subject.StreamDead); n != 0 {
		t.Errorf("DEAD: got %d messages, want none: an outage is no poison", n)
	}
	if met := "bigbrotr_writer_errors_total{infrastructure}"; countNow(t)[met] == metrics[met] {
		t.Error("errors: got no infrastructure error, want the crash to have been met")
	}
}

// TestAnOutageBurnsNoDelivery lets a batch wait for Postgres for a while: it must come to the writer once.
func TestAnOutageBurnsNoDelivery(t *testing.T) {
	postgres := testkit.PrivatePostgres(t)
	p := newPlaceOn(t, postgres.URL("postgres"))
	p.start()
	postgres.Stop()
	p.send(pageOf(relayA, makeEvents(5)...))
	time.Sleep(1500 * time.Millisecond)
	if err := postgres.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.drained()
	p.expectRows("SELECT count(*) FROM event", 5)
	if got := p.streams.Count(subject.StreamEvents); got != 5 {
		t.Errorf("messages on EVENTS: got %d, want 5: the batch was delivered once", got)
	}
}

// TestFactsOfACommitThatWasNotToldAreTold makes the publish after the commit fail, as a crash between the two would.
func TestFactsOfACommitThatWasNotToldAreTold(t *testing.T) {
	p := newPlace(t)
	p.streams.Delete(subject.StreamEvents)
	p.streams.Delete(subject.StreamRelays)
	metrics, stop := p.start()
	events := makeEvents(10)
	batch := pageOf(relayA, events...)
	batch.Relays = []*ingest.Relay{{Url: relayA, Network: "clearnet", AcceptedAt: noon}}
	batch.Checks = []*ingest.Check{checkOf(relayA, noon, "first")}
	p.send(batch)
	p.eventually("events in Postgres", func() int64 { return p.rows("SELECT count(*) FROM event") }, 10)
	if got := p.streams.Count(subject.StreamIngest); got != 1 {
		t.Fatalf("INGEST: got %d messages, want the one that was not told", got)
	}
	stop()
	expectMetric(t, metrics, "bigbrotr_writer_errors_total", "publish", 1)
	if _, err := p.bus.Apply(t.Context(), subject.DefaultBounds().Within(256<<20)); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.drained()
	p.expectEvents(events...)
	var subjects []string
	for _, m := range p.streams.Messages(subject.StreamRelays) {
		subjects = append(subjects, m.Subject)
	}
	want := "[brotr.relay.accepted.clearnet.a_example_com brotr.relay.up.clearnet.a_example_com brotr.check.clearnet.a_example_com]"
	if fmt.Sprint(subjects) != want {
		t.Errorf("RELAYS: got %v, want %v", subjects, want)
	}
}

func TestTwoWritersShareTheWork(t *testing.T) {
	p := newPlace(t)
	const batches, perBatch = 40, 25
	events := makeEvents(batches * perBatch / 2)
	for i := range batches {
		from := (i * perBatch / 2) % (len(events) - perBatch)
		p.send(pageOf(fmt.Sprintf("wss://relay%d.example.com", i%3), events[from:from+perBatch]...))
	}
	p.send(pageOf(relayA, events...))
	for range 2 {
		p.start()
	}
	p.drained()
	p.expectRows("SELECT count(*) FROM event", int64(len(events)))
	p.expectRows("SELECT count(*) FROM quarantine", 0)
	p.expectEvents(events...)
}

func TestNewerBatchesWaitForTheUpgrade(t *testing.T) {
	p := newPlace(t)
	metrics, stop := p.start()
	if err := p.bus.Publish(t.Context(), bus.Message{Subject: subject.IngestPages, Body: newerBatch(t)}); err != nil {
		t.Fatal(err)
	}
	p.send(pageOf(relayA, makeEvents(3)...))
	p.eventually("events in Postgres", func() int64 { return p.rows("SELECT count(*) FROM event") }, 3)
	p.eventually("messages left in INGEST", func() int64 { return int64(p.streams.Count(subject.StreamIngest)) }, 1)
	stop()
	expectMetric(t, metrics, "bigbrotr_writer_batches_total", "newer", 1)
	if n := p.streams.Count(subject.StreamDead); n != 0 {
		t.Errorf("DEAD: got %d messages, want none", n)
	}
}

func TestSweeperAppliesWhatWasPassedOver(t *testing.T) {
	p := newPlace(t)
	events := makeEvents(9)
	for i := range 3 {
		p.send(pageOf(relayA, events[i*3:i*3+3]...))
	}
	if err := p.bus.Publish(t.Context(), bus.Message{Subject: subject.IngestPages, Body: []byte("no batch")}); err != nil {
		t.Fatal(err)
	}
	p.send(pageOf(relayB, events[0]))
	p.streams.Move(subject.StreamIngest, subject.ConsumerWriter, 5)
	metrics, stop := p.start()
	p.drained()
	stop()
	p.expectRows("SELECT count(*) FROM event", 9)
	p.expectEvents(events...)
	expectMetric(t, metrics, "bigbrotr_writer_stranded_total", "", 4)
	if n := p.streams.Count(subject.StreamDead); n != 1 {
		t.Errorf("DEAD: got %d messages, want the one that is no batch", n)
	}
}

func TestSweeperRepairsAConsumerAheadOfItsStream(t *testing.T) {
	p := newPlace(t)
	events := makeEvents(4)
	p.send(pageOf(relayA, events[:2]...))
	p.streams.Move(subject.StreamIngest, subject.ConsumerWriter, 1000)
	metrics, stop := p.start()
	p.send(pageOf(relayA, events[2:]...))
	p.drained()
	stop()
	p.expectRows("SELECT count(*) FROM event", 4)
	p.expectEvents(events...)
	expectMetric(t, metrics, "bigbrotr_writer_repairs_total", "", 1)
}
