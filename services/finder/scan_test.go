package finder

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// archived publishes events as the writer does after its commit.
func (w *world) archived(events ...event.Event) {
	w.t.Helper()
	var messages []bus.Message
	for _, e := range events {
		messages = append(messages, bus.Message{Subject: subject.Event(e.Kind, e.PubKey), Body: e.AppendJSON(nil)})
	}
	if err := w.bus.PublishAll(w.t.Context(), messages); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) scanned() {
	w.t.Helper()
	w.until("every event was read", func() bool {
		consumers, err := w.bus.Consumers(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, c := range consumers {
			if c.Name == subject.ConsumerScanner {
				return c.Pending == 0 && c.AckPending == 0
			}
		}
		return false
	})
}

func TestStoredEventsNameRelaysUnderTheirSource(t *testing.T) {
	w := newWorld(t, roomy)
	key, now := event.GenerateKey(), time.Now().Unix()
	events := map[string]event.Event{
		sourceNIP65:    key.Sign(now, 10002, [][]string{{"r", "wss://nip65.event.com"}}, ""),
		sourceContacts: key.Sign(now, 3, nil, `{"wss://contacts.event.com":{}}`),
		sourceKind2:    key.Sign(now, 2, nil, "wss://kind2.event.com"),
		sourceNIP66:    key.Sign(now, 30166, [][]string{{"d", "wss://nip66.event.com/"}}, ""),
		sourceList:     key.Sign(now, 10050, [][]string{{"relay", "wss://list.event.com"}}, ""),
		sourceHint:     key.Sign(now, 1, [][]string{{"e", fmt.Sprintf("%064d", 1), "wss://hint.event.com"}, {"p", "x", "wss://no relay"}}, "hi"),
	}
	for _, e := range events {
		w.archived(e)
	}
	w.intakeAndWriter()
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scan)
	})
	w.scanned()
	w.settled()
	for source := range events {
		url := "wss://" + source + ".event.com"
		report, found, err := w.store.RelayReport(t.Context(), url)
		if err != nil || !found || len(report.Sources) != 1 || report.Sources[0].Name != source {
			t.Errorf("%s got %+v, %v, %v, want it found by %s", url, report.Sources, found, err, source)
		}
	}
}

func TestHintOfManyEventsGoesOutOnce(t *testing.T) {
	w := newWorld(t, roomy)
	key := event.GenerateKey()
	var events []event.Event
	for i := range 1000 {
		events = append(events, key.Sign(int64(i+1), 1, [][]string{{"e", "x", "wss://popular.com"}}, ""))
	}
	w.archived(events...)
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scan)
	})
	w.scanned()
	if got := w.messages(subject.StreamFound); got != 1 {
		t.Errorf("1,000 events with one hint got %d messages on FOUND, want 1", got)
	}
}

func TestUnreadableEventDoesNotStopTheScan(t *testing.T) {
	w := newWorld(t, roomy)
	good := event.GenerateKey().Sign(1, 2, nil, "wss://after.event.com")
	w.inject("brotr.event.1.00.x", "not an event")
	w.archived(good)
	w.run(func(ctx context.Context) error {
		return w.bus.Batches(ctx, subject.ConsumerScanner, scanLimits, w.scan)
	})
	w.scanned()
	if got := w.messages(subject.StreamFound); got != 1 {
		t.Errorf("got %d messages on FOUND, want the relay of the event after the bad one", got)
	}
}
