package monitor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// One slot, one place for each line, and four relays that were dead and say nothing: the living one is checked while two of the
// dead are waited for and the others stand in their line.
func TestTheDeadDoNotHoldUpTheLiving(t *testing.T) {
	p := newPlace(t)
	p.network.ClearnetMaxRelays, p.network.ClearnetMaxWaiting = 1, 2
	p.network.ClearnetCheckTimeout = time.Minute
	p.writer()
	var dead []string
	hanging := func() int64 { return 0 }
	for range 4 {
		r := start(t, "hang", simrelay.Manners{Dead: simrelay.Hang})
		rest := hanging
		hanging = func() int64 { return rest() + int64(r.Ledger().Faults()[simrelay.FaultDead]) }
		dead = append(dead, r.URL())
		p.failedBefore(r.URL())
		again := task(r.URL())
		again.Tries = 3
		if err := p.bus.Later(t.Context(), subject.JobCheck, again, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	good := start(t, "good", simrelay.Manners{}).URL()
	p.monitors(1)
	p.until("two of the dead are dialled", func() bool { return hanging() == 2 })
	p.due(good)
	p.until("the living one is checked", func() bool { return len(p.of(good)) == 1 })
	if n := hanging(); n != 2 {
		t.Errorf("got %d of the dead dialled, want one slot and one place", n)
	}
	for _, url := range dead {
		if n := len(p.of(url)); n != 0 {
			t.Errorf("a relay that is silent for a minute was checked %d times", n)
		}
	}
	if n := len(p.balls(subject.JobCheck)); n != 5 {
		t.Errorf("got %d relays with something coming up, want all five", n)
	}
}

// A relay that fails stands among those that failed next time, from every vantage, and one that answers among the others.
func TestTheNextTaskIsInTheLineOfTheResult(t *testing.T) {
	p := newPlace(t)
	for _, vantage := range []string{"main", "berlin"} {
		p.network.Vantage = vantage
		m := New(p.cfg, p.network, p.options, p.bus, p.store, p.log)
		retry, _ := subject.Retry(m.job())
		for failures, line := range []string{m.job(), retry} {
			consumer := subject.JobConsumer(line, subject.Clearnet)
			if err := p.bus.ApplyConsumer(t.Context(), consumer); err != nil {
				t.Fatal(err)
			}
			if err := m.throw(t.Context(), task("wss://a.example.com"), store.State{Failures: failures}, false, time.Now()); err != nil {
				t.Fatal(err)
			}
			came := make(chan string, 1)
			stop := p.each(consumer, func(d *bus.Delivery) error { came <- string(d.Body); return nil })
			select {
			case got := <-came:
				if want := fmt.Sprintf(`"tries":%d`, failures); strings.Contains(got, want) != (failures > 0) {
					t.Errorf("%s: got task %s, want %d failures", line, got, failures)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("%s: no task came, want the one of a relay with %d failures", line, failures)
			}
			stop()
		}
	}
}

// failedBefore writes that a relay failed in its last round.
func (p *place) failedBefore(url string) {
	p.t.Helper()
	at := time.Now().Add(-time.Hour).Unix()
	check := &ingest.Check{Relay: url, Vantage: p.network.Vantage, CheckedAt: at, State: down, StateSince: at, Failures: 3, FailingSince: at}
	if _, err := p.archive.Write(p.t.Context(), []*ingest.Batch{{Checks: []*ingest.Check{check}}}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
}
