package simrelay

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/negentropy"
)

func setOf(events []event.Event) *negentropy.Set {
	var items []negentropy.Item
	for _, ev := range events {
		items = append(items, negentropy.Item{CreatedAt: ev.CreatedAt, ID: ev.ID})
	}
	return negentropy.NewSet(items)
}

// reconcile runs a whole reconciliation and returns it with the frame that ended it, if that was no NEG-MSG.
func (c *client) reconcile(sub, filter string, ours []event.Event) (*negentropy.Client, frame) {
	c.t.Helper()
	n := negentropy.NewClient(setOf(ours), negentropy.Limits{FrameBytes: 4096})
	c.send(fmt.Sprintf(`["NEG-OPEN",%q,%s,"%x"]`, sub, filter, n.Open()))
	for {
		f := c.next()
		if f.verb != "NEG-MSG" {
			return n, f
		}
		message, err := hex.DecodeString(f.text(2))
		if err != nil || f.text(1) != sub {
			return n, f
		}
		reply, err := n.Take(message)
		if err != nil {
			c.t.Fatal(err)
		}
		if reply == nil {
			c.send(fmt.Sprintf(`["NEG-CLOSE",%q]`, sub))
			return n, frame{}
		}
		c.send(fmt.Sprintf(`["NEG-MSG",%q,"%x"]`, sub, reply))
	}
}

func wantNeg(t *testing.T, n *negentropy.Client, have, need int) {
	t.Helper()
	if len(n.Have()) != have || len(n.Need()) != need {
		t.Errorf("got %d ids that the relay lacks and %d to fetch, want %d and %d", len(n.Have()), len(n.Need()), have, need)
	}
}

func TestReconciliation(t *testing.T) {
	events := ladder(t, 600, 1000)
	r := start(t, Manners{Negentropy: true, NegentropyFrame: 4096, Cap: 50, DefaultLimit: 10}, events[:500])
	c := dial(t, r)
	n, end := c.reconcile("n", `{}`, events[100:])
	wantNeg(t, n, 100, 100)
	if end.verb != "" || n.Rounds() < 2 {
		t.Errorf("got %s after %d rounds, want the end after some", end.raw, n.Rounds())
	}
	n, _ = c.reconcile("n", `{"since":1400,"until":1449}`, events[440:460])
	wantNeg(t, n, 10, 40)
	n, _ = c.reconcile("n", `{"kinds":[7]}`, nil)
	wantNeg(t, n, 0, 0)
	got := r.Ledger().Totals()
	if got.NegIn <= got.NegOut || got.NegOut < 4 || got.NegBytesIn == 0 || got.NegBytesOut == 0 {
		t.Errorf("got %+v, want messages and bytes of both ways", got)
	}
	if got.NegBytesOut != got.Bytes || got.NegBytesIn > got.BytesIn || got.Frames != got.NegOut {
		t.Errorf("got %+v, want the messages within the totals", got)
	}
}

func TestReconciliationsAtOnce(t *testing.T) {
	events := ladder(t, 90, 1000)
	r := start(t, Manners{Negentropy: true, MaxSubs: 2}, events)
	c := dial(t, r)
	c.ask("a", `{}`) // an id of a REQ is not one of a reconciliation
	open := fmt.Sprintf(`{},"%x"]`, negentropy.NewClient(setOf(nil), negentropy.Limits{}).Open())
	for _, sub := range []string{"a", "b", "a"} {
		c.send(`["NEG-OPEN","` + sub + `",` + open)
		if f := c.next(); f.verb != "NEG-MSG" || f.text(1) != sub {
			t.Fatalf("got %s, want an answer to %s", f.raw, sub)
		}
	}
	c.send(`["NEG-OPEN","c",` + open)
	if f := c.next(); f.verb != "NEG-ERR" || !strings.HasPrefix(f.text(2), "blocked: ") {
		t.Errorf("got %s, want a refusal of the third", f.raw)
	}
	wantFault(t, r, FaultSubs)
	c.send(`["NEG-CLOSE","b"]`)
	c.send(`["NEG-MSG","b","61"]`)
	if f := c.next(); f.verb != "NEG-ERR" || !strings.HasPrefix(f.text(2), "closed: ") {
		t.Errorf("got %s, want that b is closed", f.raw)
	}
	c.send(`["NEG-MSG","a","6100"]`)
	if f := c.next(); f.verb != "NEG-ERR" || f.text(1) != "a" {
		t.Errorf("got %s, want an error for a malformed message", f.raw)
	}
	for _, bad := range []string{`["NEG-OPEN","x"]`, `["NEG-MSG","x"]`, `["NEG-OPEN","x",{},7]`, `["NEG-OPEN","x",7,"61"]`, `["NEG-MSG",1,""]`} {
		c.send(bad)
		if f := c.next(); f.verb != "NOTICE" && f.verb != "NEG-ERR" {
			t.Errorf("got %s for %s, want a refusal", f.raw, bad)
		}
	}
}

func TestReconciliationIsOff(t *testing.T) {
	r := start(t, Manners{NegentropyFalsely: true}, nil)
	if _, end := dial(t, r).reconcile("n", `{}`, nil); end.verb != "NOTICE" {
		t.Errorf("got %s, want NOTICE", end.raw)
	}
	wantFault(t, r, FaultNegFalsely)
	for _, tc := range []struct {
		manners Manners
		want    bool
	}{{Manners{}, false}, {Manners{Negentropy: true}, true}, {Manners{NegentropyFalsely: true}, true}} {
		var doc info
		if err := json.Unmarshal(New("x", tc.manners, nil).infoDocument(), &doc); err != nil || slices.Contains(doc.NIPs, 77) != tc.want {
			t.Errorf("got NIPs %v, %v, want 77 among them: %v", doc.NIPs, err, tc.want)
		}
	}
}

func TestReconciliationRefused(t *testing.T) {
	for _, tc := range []struct {
		name    string
		manners Manners
		want    string
		fault   Fault
	}{
		{"too many", Manners{NegentropyMax: 19}, `["NEG-ERR","n","blocked: too many records",19]`, FaultNegMax},
		{"auth", Manners{AuthOnly: true}, `["AUTH","`, FaultAuth},
		{"restricted", Manners{AuthRestricted: true}, `["NEG-ERR","n","restricted: `, FaultAuth},
		{"closed", Manners{ClosedPrefix: "blocked"}, `["NEG-ERR","n","blocked: `, FaultClosed},
		{"notice", Manners{NoticeOnly: true}, `["NOTICE","`, FaultNotice},
		{"garbled", Manners{NegentropyLies: NegGarbles}, `["NEG-MSG","n","61`, FaultNegLie},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.manners.Negentropy = true
			r := start(t, tc.manners, ladder(t, 20, 1000))
			if _, end := dial(t, r).reconcile("n", `{}`, nil); !strings.HasPrefix(string(end.raw), tc.want) {
				t.Errorf("got %.100s, want %s…", end.raw, tc.want)
			}
			wantFault(t, r, tc.fault)
		})
	}
	r := start(t, Manners{Negentropy: true, NegentropyMax: 19, RateLimitAfter: 1}, ladder(t, 20, 1000))
	c := dial(t, r)
	n, _ := c.reconcile("n", `{"since":1001}`, nil)
	wantNeg(t, n, 0, 19)
	if _, end := c.reconcile("n", `{"since":1001}`, nil); !strings.HasPrefix(end.text(2), "rate-limited: ") {
		t.Errorf("got %s, want a limit of the rate", end.raw)
	}
	wantFault(t, r, FaultRate)
}

func TestReconciliationMisleads(t *testing.T) {
	events := ladder(t, 200, 1000)
	r := start(t, Manners{Negentropy: true, NegentropyNewest: 50}, events)
	n, _ := dial(t, r).reconcile("n", `{}`, events)
	wantNeg(t, n, 150, 0)
	wantFault(t, r, FaultNegNewest)

	r = start(t, Manners{Negentropy: true, NegentropyLies: NegOmits}, events)
	n, _ = dial(t, r).reconcile("n", `{}`, events)
	wantNeg(t, n, r.Ledger().Faults()[FaultNegLie], 0)
	wantFault(t, r, FaultNegLie)

	r = start(t, Manners{Negentropy: true, NegentropyLies: NegInvents}, events)
	c := dial(t, r)
	n, _ = c.reconcile("n", `{}`, events)
	wantNeg(t, n, 0, r.Ledger().Faults()[FaultNegLie])
	wantFault(t, r, FaultNegLie)
	if a := c.ask("s", fmt.Sprintf(`{"ids":["%s"]}`, n.Need()[0])); len(a.events) != 0 {
		t.Errorf("got %d events of an invented id, want none", len(a.events))
	}
}
