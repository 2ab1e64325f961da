package monitor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
)

// again stops a relay and starts another one with other manners in its place.
func again(t *testing.T, r *simrelay.Relay, m simrelay.Manners) {
	t.Helper()
	r.Stop()
	next := simrelay.New("again", m, nil, simrelay.WithAddr(strings.TrimPrefix(r.URL(), "ws://")))
	if err := next.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.Stop)
}

// rest lets the second pass: two rounds of a relay in one second are the same row.
func rest() { time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) }

func TestRowsKeepStateAndHistory(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	first, second := []byte(`{"name":"first"}`), []byte(`{"name":"second"}`)
	r := start(t, "changing", simrelay.Manners{NIP11: first})
	url := r.URL()

	began := p.check(url, 1)
	rest()
	if p.check(url, 2); len(p.changed) != 0 {
		t.Errorf("got changed documents %v of one that stayed the same, want none", p.changed)
	}
	again(t, r, simrelay.Manners{NIP11: second})
	rest()
	p.check(url, 3) // our reading of the document changes with it
	for i, name := range []string{"nip11", "nip11_answer"} {
		if len(p.changed) != 2 || p.changed[i].Relay != url || p.changed[i].Type != name {
			t.Errorf("got changed documents %v, want %s of %s", p.changed, name, url)
		}
	}

	report, known, err := p.archive.RelayReport(t.Context(), url)
	if err != nil || !known || len(report.States) != 1 || len(report.Results) != len(checks)-1 { // what it is able to do was tried in the first round
		t.Fatalf("RelayReport got %+v, known %v, %v, want a state and %d results", report, known, err, len(checks)-1)
	}
	state := report.States[0]
	if state.State.State != up || state.Since.Unix() != began.CheckedAt || state.Failures != 0 || state.Vantage != "main" {
		t.Errorf("got state %+v, want up since the first check at %d", state, began.CheckedAt)
	}
	for _, result := range report.Results {
		if asks := slices.Contains([]string{"open", "read", "write", "nip11"}, result.Check); asks && (!result.OK || result.RTT <= 0) {
			t.Errorf("got result %+v, want a success with its time", result)
		}
	}
	if in := time.Until(state.NextCheckAt); in < 53*time.Minute || in > 67*time.Minute {
		t.Errorf("got the next check in %s, want an hour give or take a tenth", in)
	}
}

func TestAFailureLeavesTheStateAndComesAgainSoon(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	r := start(t, "failing", simrelay.Manners{})
	p.check(r.URL(), 1)
	p.synchronize(r.URL())
	r.Stop()
	rest()
	got := p.check(r.URL(), 2)
	if got.State != up || got.StateSince == got.CheckedAt || got.Failures != 1 || got.FailingSince != got.CheckedAt {
		t.Errorf("got %v, want one failure of a relay that was up", got)
	}
	if in := got.NextCheckAt - got.CheckedAt; in < 600 || in > 800 {
		t.Errorf("got the next check after %d s, want 12 minutes give or take a tenth", in)
	}
	p.notSynchronized(r.URL())
}

func TestARelayThatStaysUpIsNotSynchronizedAnew(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	r := start(t, "steady", simrelay.Manners{})
	p.check(r.URL(), 1)
	p.synchronize(r.URL())
	rest()
	p.check(r.URL(), 2)
	p.notSynchronized(r.URL())

	again(t, r, simrelay.Manners{ClosedPrefix: "blocked"})
	rest()
	p.check(r.URL(), 3)
	p.notSynchronized(r.URL())
}

func TestARelayThatComesBackIsSynchronized(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	r := start(t, "returning", simrelay.Manners{ClosedPrefix: "blocked"})
	p.check(r.URL(), 1)
	p.notSynchronized(r.URL())
	again(t, r, simrelay.Manners{})
	rest()
	if got := p.check(r.URL(), 2); got.State != up || got.StateSince != got.CheckedAt {
		t.Errorf("got %s since %d, want up since %d", got.State, got.StateSince, got.CheckedAt)
	}
	p.synchronize(r.URL())
}

// synchronize takes the due synchronization of a relay off the bus.
func (p *place) synchronize(url string) {
	p.t.Helper()
	done := make(chan string, 1)
	stop := p.each(subject.JobConsumer(subject.JobSync, subject.Clearnet), func(d *bus.Delivery) error {
		task, err := bus.ParseTask(d.Body)
		done <- task.URL
		return err
	})
	select {
	case got := <-done:
		if got != url {
			p.t.Errorf("got a synchronization of %s, want of %s", got, url)
		}
	case <-time.After(10 * time.Second):
		p.t.Errorf("%s: no synchronization became due", url)
	}
	stop()
	p.until("ack", func() bool { return len(p.balls(subject.JobSync)) == 0 })
}

// notSynchronized wants that the round is over and has thrown no synchronization.
func (p *place) notSynchronized(url string) {
	p.t.Helper()
	p.settled(url)
	if balls := p.balls(subject.JobSync); len(balls) != 0 {
		p.t.Errorf("got synchronizations of %v, want none", balls)
	}
}

// settled waits until the task of a relay's check is acknowledged and its next one scheduled.
func (p *place) settled(url string) {
	p.t.Helper()
	p.until("end of the round of "+url, func() bool {
		consumers, err := p.bus.Consumers(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, c := range consumers {
			if c.Name == subject.JobConsumer(subject.JobCheck, subject.Clearnet) {
				_, has := p.balls(subject.JobCheck)[subject.Token(url)]
				return has && c.Pending == 0 && c.AckPending == 0
			}
		}
		return false
	})
}
