package simrelay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/coder/websocket"
)

func TestDelays(t *testing.T) {
	r := start(t, Manners{Delay: 60 * time.Millisecond, FrameDelay: 30 * time.Millisecond}, ladder(t, 3, 1000))
	c := dial(t, r)
	begin := time.Now()
	if a := c.ask("s", `{}`); len(a.events) != 3 || time.Since(begin) < 150*time.Millisecond {
		t.Fatalf("got %d events in %s, want 3 in at least 150ms", len(a.events), time.Since(begin))
	}
	wantFault(t, r, FaultDelayed)
}

func TestLostEOSE(t *testing.T) {
	r := start(t, Manners{LoseEOSEEvery: 2}, ladder(t, 3, 1000))
	c := dial(t, r)
	c.ask("one", `{"limit":1}`)
	c.send(`["REQ","two",{}]`)
	for range 3 {
		if f := c.next(); f.verb != "EVENT" {
			t.Fatalf("got %s, want EVENT", f.verb)
		}
	}
	c.silent(80 * time.Millisecond)
	wantFault(t, r, FaultLostEOSE)
	if q := r.Ledger().Requests(); len(q) != 2 || q[0].End != EndEOSE || q[1].End != EndSilent || len(r.Ledger().Served()) != 1 {
		t.Errorf("got requests %v, want one answered and one silent", q)
	}
}

func TestReusedSubscriptionLosesEOSE(t *testing.T) {
	c := dial(t, start(t, Manners{LoseEOSEOnReuse: true}, nil))
	c.ask("a", `{}`)
	c.send(`["CLOSE","a"]`)
	c.ask("b", `{}`)
	c.send(`["REQ","a",{}]`)
	c.silent(80 * time.Millisecond)
}

func TestEndlessStream(t *testing.T) {
	r := start(t, Manners{EndlessStream: true}, ladder(t, 3, 1000))
	c := dial(t, r)
	c.send(`["REQ","s",{"since":1002,"limit":1}]`)
	outside := 0
	for range 5000 {
		f := c.next()
		if ev, err := event.Parse(f.parts[2]); f.verb != "EVENT" || err != nil {
			t.Fatalf("got %.100q", f.raw)
		} else if ev.CreatedAt < 1002 {
			outside++
		}
	}
	if outside == 0 {
		t.Error("no event was outside the filter")
	}
	c.send(`["CLOSE","s"]`)
	wantFault(t, r, FaultEndless)
	if n := len(r.Ledger().Served()); n != 0 {
		t.Errorf("ledger says %d served, want none without EOSE", n)
	}
}

func TestFinishHint(t *testing.T) {
	c := dial(t, start(t, Manners{FinishHint: true}, ladder(t, 10, 1000)))
	if a := c.ask("s", `{"limit":9}`); a.end.text(2) != "more" {
		t.Errorf("got hint %q, want more", a.end.text(2))
	}
	if a := c.ask("t", `{"limit":10}`); a.end.text(2) != "finish" {
		t.Errorf("got hint %q, want finish", a.end.text(2))
	}
}

func TestDropInTheMiddle(t *testing.T) {
	r := start(t, Manners{DropMidAnswerEvery: 2}, ladder(t, 100, 1000))
	c := dial(t, r)
	c.ask("a", `{}`)
	b, err := c.try("b", `{}`)
	if err == nil || len(b.events) != 50 {
		t.Fatalf("got %d events and err %v, want 50 and a cut connection", len(b.events), err)
	}
	if n := len(r.Ledger().Served()); n != 100 {
		t.Errorf("ledger says %d served, want 100", n)
	}
	dial(t, r).ask("c", `{}`)
	wantFault(t, r, FaultDropped)
}

func TestDropAfterRequests(t *testing.T) {
	r := start(t, Manners{DropAfter: 2}, ladder(t, 3, 1000))
	c := dial(t, r)
	c.ask("a", `{}`)
	c.ask("b", `{}`)
	if a, err := c.try("c", `{}`); err == nil || len(a.events) != 0 {
		t.Fatalf("got %d events and err %v, want none and a cut connection", len(a.events), err)
	}
	wantFault(t, r, FaultDropped)
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name    string
		manners Manners
		want    []string // beginning of the ending frames, one per REQ
		fault   Fault
	}{
		{"notice only", Manners{NoticeOnly: true}, []string{`["NOTICE","`, `["NOTICE","`}, FaultNotice},
		{"closed", Manners{ClosedPrefix: "restricted"}, []string{`["CLOSED","s0","restricted: `}, FaultClosed},
		{"refuses every second", Manners{RefuseEvery: 2}, []string{`["EOSE"`, `["CLOSED","s1","error: `, `["EOSE"`}, FaultRefused},
		{"rate limited", Manners{RateLimitAfter: 2}, []string{`["EOSE"`, `["EOSE"`, `["CLOSED","s2","rate-limited: `}, FaultRate},
		{"subscriptions", Manners{MaxSubs: 2}, []string{`["EOSE"`, `["EOSE"`, `["NOTICE","ERROR: too many`}, FaultSubs},
		{"rate limited by notice", Manners{RateLimitAfter: 1, RateNotice: true}, []string{`["EOSE"`, `["NOTICE","rate limited`}, FaultRate},
		{"limit", Manners{MaxLimit: 100}, []string{`["CLOSED","s0","invalid: limit`}, FaultMaxLimit},
		{"span", Manners{MaxSpan: time.Hour}, []string{`["CLOSED","s0","invalid: time`}, FaultMaxSpan},
		{"list", Manners{MaxList: 2}, []string{`["NOTICE","invalid: list`}, FaultMaxList},
		{"cut", Manners{CutAfter: 2}, []string{`["CLOSED","s0","error: `}, FaultCut},
		{"auth", Manners{AuthOnly: true}, []string{`["CLOSED","s0","auth-required: `}, FaultAuth},
		{"restricted", Manners{AuthRestricted: true}, []string{`["CLOSED","s0","restricted: `}, FaultAuth},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t, tc.manners, ladder(t, 3, 1000))
			c := dial(t, r)
			for i, want := range tc.want {
				a := c.ask(fmt.Sprint("s", i), `{"limit":101,"kinds":[1,2,3]}`)
				if !strings.HasPrefix(string(a.end.raw), want) {
					t.Errorf("REQ %d: got %s, want %s…", i, a.end.raw, want)
				}
			}
			wantFault(t, r, tc.fault)
		})
	}
}

func TestTooManyFilters(t *testing.T) {
	r := start(t, Manners{MaxFilters: 1}, ladder(t, 5, 1000))
	c := dial(t, r)
	if a := c.ask("a", `{}`); a.end.verb != "EOSE" {
		t.Errorf("one filter: got %s, want EOSE", a.end.raw)
	}
	if a := c.ask("b", `{},{}`); a.end.verb != "CLOSED" {
		t.Errorf("two filters: got %s, want CLOSED", a.end.raw)
	}
	wantFault(t, r, FaultMaxFilters)
}

func TestEarlyEOSE(t *testing.T) {
	r := start(t, Manners{EarlyEOSE: 2}, ladder(t, 5, 1000))
	c := dial(t, r)
	if a := c.ask("s", `{}`); len(a.events) != 3 || a.end.verb != "EOSE" {
		t.Fatalf("got %d events and %s, want 3 and EOSE", len(a.events), a.end.verb)
	}
	for range 2 {
		if f := c.next(); f.verb != "EVENT" {
			t.Errorf("got %s behind the EOSE, want EVENT", f.verb)
		}
	}
	wantFault(t, r, FaultEarlyEOSE)
}

func TestRateWindowEnds(t *testing.T) {
	c := dial(t, start(t, Manners{RateLimitAfter: 1, RateWindow: 50 * time.Millisecond}, nil))
	c.ask("a", `{}`)
	deadline := time.Now().Add(5 * time.Second)
	for refused := false; ; {
		end := c.ask("b", `{}`).end.verb
		if refused = refused || end == "CLOSED"; refused && end == "EOSE" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("refused %v, and never served again", refused)
		}
	}
}

func TestDeadAddresses(t *testing.T) {
	for _, tc := range []struct {
		name string
		mode DeadMode
		want string
	}{
		{"refused", Refused, "connection refused"},
		{"hang", Hang, "deadline exceeded"},
		{"web page", HTTPOK, "got 200"},
		{"forbidden", HTTPForbidden, "got 403"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t, Manners{Dead: tc.mode}, nil)
			patience := 20 * time.Second
			if tc.mode == Hang {
				patience = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, _, err := websocket.Dial(ctx, r.URL(), nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
		})
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestRelayKeepsItsPortAndEvents(t *testing.T) {
	for _, mode := range []DeadMode{Alive, Refused, Hang} {
		r := start(t, Manners{Dead: mode}, ladder(t, 5, 1000))
		url := r.URL()
		if mode == Alive {
			dial(t, r).ask("s", `{}`)
		}
		r.Stop()
		r.Stop()
		if _, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "ws://"), time.Second); err == nil {
			t.Errorf("mode %d: a stopped relay accepts connections", mode)
		}
		if err := r.Start(); err != nil || r.URL() != url {
			t.Fatalf("mode %d: restart at %s: %v", mode, r.URL(), err)
		}
		if mode == Alive {
			if a := dial(t, r).ask("s", `{}`); len(a.events) != 5 {
				t.Errorf("got %d events after the restart, want 5", len(a.events))
			}
		}
	}
}
