package bus_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// reader collects what a fact consumer brings until stop is called.
func reader(t *testing.T, b *bus.Bus, c subject.Consumer) (bodies func() []string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var got []string
	var running sync.WaitGroup
	running.Go(func() {
		err := b.EachOf(ctx, c, 1, func(_ context.Context, d *bus.Delivery) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(d.Body))
			return nil
		})
		if err != nil {
			t.Errorf("EachOf: got %v, want nil", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(got) }, stop
}

func TestFactConsumersAreMadeByWhoReads(t *testing.T) {
	url := testkit.NATSURL(t)
	b := testkit.Connect(t, url)
	say := func(relay, body string) {
		t.Helper()
		if err := b.Publish(t.Context(), bus.Message{Subject: subject.Check("clearnet", relay), Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	say("a", "a1")
	say("b", "b1")
	say("a", "a2")
	c := subject.FactConsumer("publisher", subject.StartLast, "main", "wss://p.example.com/x")
	bodies, stop := reader(t, b, c)
	testkit.Until(t, "the last result of each relay", func() bool { return slices.Equal(bodies(), []string{"b1", "a2"}) })
	stop()
	say("b", "b2")
	say("b", "b3")
	bodies, stop = reader(t, b, c) // an existing one goes on where it was
	testkit.Until(t, "what came meanwhile", func() bool { return slices.Equal(bodies(), []string{"b2", "b3"}) })
	testkit.OpenStreams(t, url).DeleteConsumer(subject.StreamRelays, c.Name)
	testkit.Until(t, "the consumer made anew", func() bool { return len(bodies()) == 4 })
	if got := bodies()[2:]; !slices.Equal(got, []string{"a2", "b3"}) {
		t.Errorf("a consumer that was lost got %v, want the last result of each relay again", got)
	}
	stop()
}

func TestFactConsumersOfAnySettingHaveAName(t *testing.T) {
	seen := map[string]bool{}
	for _, part := range []string{"main", "Main", "a.b", "a b", "*", ">", "", "wss://a.example.com", "wss://a.example.com/x", "é"} {
		c := subject.FactConsumer("alerter", subject.StartNew, part)
		if seen[c.Name] {
			t.Errorf("%q got the name %s of another", part, c.Name)
		}
		seen[c.Name] = true
		b := testkit.NATS(t)
		_, stop := reader(t, b, c)
		stop()
	}
}
