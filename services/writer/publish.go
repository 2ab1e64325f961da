package writer

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// publishDelay is when messages whose facts could not be published come again.
const publishDelay = 2 * time.Second

// publish tells the public what was committed. Facts that are committed are published even when the writer is told to
// stop meanwhile; if that fails, the messages come again and their facts with them.
func (w *Writer) publish(ctx context.Context, g *group, written store.Written) error {
	ctx = context.WithoutCancel(ctx)
	if err := w.publishOn(ctx, subject.StreamEvents, eventFacts(g, written)); err != nil {
		return err
	}
	return w.publishOn(ctx, subject.StreamRelays, relayFacts(g, written))
}

func (w *Writer) publishOn(ctx context.Context, stream string, messages []bus.Message) error {
	if err := w.bus.PublishAll(ctx, messages); err != nil {
		failures.WithLabelValues("publish").Inc()
		err = fmt.Errorf("publish %d facts on %s: %w", len(messages), stream, err)
		w.log.Warn("Facts could not be published; their batches will come again", app.Stream, stream, app.Err, err)
		return bus.Retry(publishDelay, err)
	}
	factsPublished.WithLabelValues(stream).Add(float64(len(messages)))
	return nil
}

// eventFacts are the events that are new to the archive, and those of messages that came again, each once.
func eventFacts(g *group, written store.Written) []bus.Message {
	var messages []bus.Message
	told := map[event.ID]bool{}
	for _, a := range written.Archived {
		if told[a.Event.ID] || !a.New && !g.again[a.Batch] || a.Event.Protected() {
			continue
		}
		told[a.Event.ID] = true
		messages = append(messages, bus.Message{
			Subject: subject.Event(a.Event.Kind, a.Event.PubKey), Header: eventHeader(a), Body: a.Event.AppendJSON(nil),
		})
	}
	return messages
}

// eventHeader says who served an event and when; of one that was imported nobody may know.
func eventHeader(a store.Archived) map[string]string {
	header := map[string]string{subject.HeaderSchema: subject.EventSchema}
	if a.Relay != "" {
		header[subject.HeaderRelay], header[subject.HeaderSeenAt] = a.Relay, strconv.FormatInt(a.SeenAt, 10)
	}
	return header
}
