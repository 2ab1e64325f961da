package monitor

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/balls"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
)

// accepted makes relays known to the archive.
func (p *place) accepted(urls ...string) {
	p.t.Helper()
	batch := &ingest.Batch{}
	for _, url := range urls {
		batch.Relays = append(batch.Relays, &ingest.Relay{Url: url, Network: subject.Clearnet, AcceptedAt: time.Now().Unix(), Vantage: "main"})
	}
	if _, err := p.archive.Write(p.t.Context(), []*ingest.Batch{batch}, store.WriteOptions{}); err != nil {
		p.t.Fatal(err)
	}
}

// from returns the checks of a relay that were made from one vantage.
func (p *place) from(vantage, url string) (checks []*ingest.Check) {
	for _, c := range p.of(url) {
		if c.Vantage == vantage {
			checks = append(checks, c)
		}
	}
	return checks
}

func TestTwoVantagesCheckEachRelayAndAreKeptApart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.pace.reconcile = 100 * time.Millisecond
	p.writer()
	r := start(t, "watched", simrelay.Manners{})
	p.accepted(r.URL())
	p.monitors(1)
	p.network.Vantage = "berlin"
	p.monitors(2) // two replicas share the work of a vantage
	p.until("a round from berlin, which nobody asked for", func() bool { return len(p.from("berlin", r.URL())) > 0 })
	if n := len(p.from("main", r.URL())); n != 0 {
		t.Fatalf("got %d rounds from main, want none: its ball was not thrown", n)
	}
	r.Stop()
	p.due(r.URL())
	p.until("a round from main", func() bool { return len(p.from("main", r.URL())) > 0 })

	for vantage, want := range map[string]string{"main": down, "berlin": up} {
		s, known, err := p.archive.State(t.Context(), r.URL(), vantage)
		if err != nil || !known || s.State != want || (s.Failures > 0) != (want == down) {
			t.Errorf("%s: got %+v, %v, %v, want %s", vantage, s, known, err, want)
		}
	}
	for _, job := range []string{"check", "check-berlin"} {
		p.until("the next ball of "+job, func() bool { _, has := p.balls(job)[subject.Token(r.URL())]; return has })
	}
	if n := len(p.from("berlin", r.URL())); n != 1 {
		t.Errorf("got %d rounds from berlin, want 1: its ball is an hour away", n)
	}
}

// ask sends a wish and returns the answer.
func (p *place) ask(body string) subject.Wish {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	text, err := p.bus.Request(ctx, subject.RelayCheck, []byte(body))
	if err != nil {
		p.t.Fatal(err)
	}
	var answer subject.Wish
	if err := json.Unmarshal(text, &answer); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return answer
}

func TestAWishIsGrantedOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.writer()
	p.monitors(1)
	r := start(t, "wished", simrelay.Manners{})
	p.until("somebody who answers", func() bool {
		_, err := p.bus.Request(t.Context(), subject.RelayCheck, []byte("x"))
		return err == nil
	})
	if got := p.ask(r.URL()); got.Verdict != subject.WishUnknown || !strings.Contains(got.Hint, "brotr.relay.found "+r.URL()) {
		t.Errorf("a URL that is no relay: got %+v, want unknown and how to announce it", got)
	}
	p.accepted(r.URL())
	later := bus.Task{URL: r.URL(), Network: subject.Clearnet}
	if err := p.bus.Later(t.Context(), subject.JobCheck, later, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got := p.ask("  " + r.URL() + "/ ")
	if got.Verdict != subject.WishAccepted || !slices.Equal(got.Vantages, []string{"main"}) || got.AskedAt == 0 {
		t.Errorf("got %+v, want it accepted", got)
	}
	p.until("the round", func() bool { return len(p.of(r.URL())) > 0 })
	if at := p.of(r.URL())[0].CheckedAt; at < got.AskedAt-1 {
		t.Errorf("got a round at %d for a wish at %d", at, got.AskedAt)
	}
	again := p.ask(r.URL())
	if again.Verdict != subject.WishLimited || again.Reason != "relay" || again.RetryAfter < 1 || again.RetryAfter > 61 {
		t.Errorf("a second wish: got %+v, want it limited for up to a minute", again)
	}
	for _, bad := range []string{"", "not a relay", "wss://10.0.0.1", "ws://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxd.onion"} {
		if got := p.ask(bad); got.Verdict != subject.WishRefused || got.Reason == "" {
			t.Errorf("%q: got %+v, want it refused", bad, got)
		}
	}
	if _, err := p.bus.Request(t.Context(), subject.RelayCheck, []byte(strings.Repeat("x", maxWish+1))); err == nil {
		t.Error("a large request: got an answer, want an error")
	}
}

// TestAWishForACandidateIsATry: whoever has mended his relay need not wait for a back-off of days.
func TestAWishForACandidateIsATry(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	w := newWishes(New(p.cfg, p.network, p.options, p.bus, p.store, p.log))
	url, token := "wss://mended.example.com", subject.Token("wss://mended.example.com")
	candidate := &ingest.Candidate{Url: url, Network: subject.Clearnet, FoundAt: 1, Tries: 7, TriedAt: 2, Reason: "refused"}
	if _, err := p.archive.Write(t.Context(), []*ingest.Batch{{Candidates: []*ingest.Candidate{candidate}}}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	task := bus.Task{URL: url, Network: subject.Clearnet, Tries: 7}
	if err := p.bus.Later(t.Context(), subject.JobValidate, task, time.Now().Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := w.grant(t.Context(), url)
	if err != nil || got.Verdict != subject.WishAccepted || got.Reason != subject.WishOfCandidate || len(got.Vantages) != 0 {
		t.Errorf("got %+v, %v, want a try accepted", got, err)
	}
	if again, err := w.grant(t.Context(), url); err != nil || again.Verdict != subject.WishLimited || again.Reason != "relay" {
		t.Errorf("again: got %+v, %v, want it limited", again, err)
	}
	tried := make(chan bus.Task, 2)
	stop := p.each(subject.JobConsumer(subject.JobValidate, subject.Clearnet), func(d *bus.Delivery) error {
		task, _, err := balls.ReadTask(d.Body, relay.Anywhere)
		tried <- task
		return err
	})
	defer stop()
	if now := <-tried; now.URL != url || now.Tries != task.Tries {
		t.Errorf("got the task %+v, want %+v at once: its tries go on counting", now, task)
	}
	p.until("nothing left", func() bool { _, has := p.balls(subject.JobValidate)[token]; return !has })
}

func TestWishesReachEveryVantageAndAreBounded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	m := New(p.cfg, p.network, p.options, p.bus, p.store, p.log)
	w := newWishes(m)
	old := time.Now().Add(-time.Hour).Unix()
	check := &ingest.Check{Relay: "wss://a.com", Vantage: "berlin", CheckedAt: old, State: up, StateSince: old}
	if _, err := p.archive.Write(t.Context(), []*ingest.Batch{{Checks: []*ingest.Check{check}}}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	var answers sync.Map
	var asking sync.WaitGroup
	for i := range 8 { // at once: one of them is granted
		asking.Go(func() {
			got, err := w.grant(t.Context(), "wss://a.com")
			if err != nil {
				t.Error(err)
			}
			answers.Store(i, got)
		})
	}
	asking.Wait()
	granted := 0
	for _, got := range answers.Range {
		if got := got.(subject.Wish); got.Verdict == subject.WishAccepted {
			granted++
			if !slices.Equal(got.Vantages, []string{"main", "berlin"}) {
				t.Errorf("got vantages %v, want main and berlin", got.Vantages)
			}
		}
	}
	if granted != 1 {
		t.Errorf("got %d of 8 wishes granted, want 1", granted)
	}
	for _, job := range []string{"check", "check-berlin"} {
		if _, has := p.balls(job)["a_com"]; !has {
			t.Errorf("got no task of %s, want one", job)
		}
	}
	p.accepted("wss://b.com")
	for w.limit.Allow() { // everything that this process grants at once
	}
	if got, err := w.grant(t.Context(), "wss://b.com"); err != nil || got.Verdict != subject.WishLimited || got.Reason != "overall" {
		t.Errorf("got %+v, %v, want it limited overall", got, err)
	}
}
