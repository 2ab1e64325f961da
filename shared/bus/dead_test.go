package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
)

// bury gives messages up as a stage would.
func bury(t *testing.T, b *bus.Bus, source string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		m := bus.Message{Subject: subject.Dead("writer"), Body: []byte(body),
			Header: map[string]string{subject.HeaderReason: "bad", subject.HeaderSource: source}}
		if err := b.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

func listed(t *testing.T, b *bus.Bus) (bodies []string) {
	t.Helper()
	err := b.DeadLetters(t.Context(), 0, func(d bus.Dead) bool {
		if d.Stage != "writer" || d.Reason != "bad" {
			t.Errorf("got stage %q and reason %q, want writer and bad", d.Stage, d.Reason)
		}
		bodies = append(bodies, string(d.Body))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return bodies
}

func TestDeadLettersAreListedRetriedAndDiscarded(t *testing.T) {
	b := connect(t, small())
	if got := listed(t, b); got != nil {
		t.Errorf("got %q in an empty stream, want nothing", got)
	}
	bury(t, b, subject.Found, "one", "two", "three")
	if err := b.DeleteDead(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, b); len(got) != 2 || got[0] != "one" || got[1] != "three" {
		t.Errorf("got %q, want one and three", got)
	}
	if err := b.RetryDead(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, b); len(got) != 1 || got[0] != "three" {
		t.Errorf("got %q after a retry, want three alone", got)
	}
	streams, err := b.Streams(t.Context())
	if err != nil || streams[0].Name != subject.StreamFound || streams[0].Messages != 1 {
		t.Errorf("got %+v (%v), want the retried message in FOUND", streams, err)
	}
	for _, do := range []func(context.Context, uint64) error{b.DeleteDead, b.RetryDead} {
		if err := do(t.Context(), 2); !errors.Is(err, bus.ErrNoMessage) {
			t.Errorf("got %v for a message that is gone, want ErrNoMessage", err)
		}
	}
}

func TestRetryKeepsWhatItCannotPublish(t *testing.T) {
	b := connect(t, small())
	bury(t, b, "people", "no subject")
	bury(t, b, "brotr.nowhere", "no stream")
	for seq := range uint64(2) {
		if err := b.RetryDead(t.Context(), seq+1); err == nil {
			t.Errorf("message %d: got no error, want one", seq+1)
		}
	}
	if got := listed(t, b); len(got) != 2 {
		t.Errorf("got %q, want both kept", got)
	}
}

func TestFollowHandsOverWhatPassesAndEnds(t *testing.T) {
	b := connect(t, small())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	enough := errors.New("enough")
	got := make(chan bus.Message, 1)
	done := make(chan error, 1)
	go func() {
		done <- b.Follow(ctx, "brotr.relay.found", func(m bus.Message, lost error) error {
			got <- m
			return errors.Join(lost, enough)
		})
	}()
	for { // until the subscription is there
		m := bus.Message{Subject: subject.Found, Body: []byte("wss://a.example"), Header: map[string]string{"Brotr-Source": "x"}}
		if err := b.Publish(ctx, m); err != nil {
			t.Fatal(err)
		}
		select {
		case m := <-got:
			if string(m.Body) != "wss://a.example" || m.Header["Brotr-Source"] != "x" || m.Subject != subject.Found {
				t.Errorf("got %+v, want what was published", m)
			}
			if err := <-done; !errors.Is(err, enough) {
				t.Errorf("got %v, want the handler's own error", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	b := connect(t, small())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Follow(ctx, "brotr.event.>", func(bus.Message, error) error { return nil }); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}
