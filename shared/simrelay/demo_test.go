package simrelay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/coder/websocket"
)

// One network serves all tests of the demo: signing its events is what costs.
func TestDemo(t *testing.T) {
	n, err := Demo(DemoConfig{Seed: 1, Events: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	t.Log(n.World)
	t.Run("has every sort of relay", func(t *testing.T) { demoHasEverySort(t, n) })
	t.Run("relays keep their expectations", func(t *testing.T) { demoKeepsExpectations(t, n) })
	t.Run("truth counts every pair", func(t *testing.T) { truthCountsEveryPair(t, n) })
	t.Run("one relay leads to all", func(t *testing.T) { oneRelayLeadsToAll(t, n) })
	t.Run("live adds events", func(t *testing.T) { liveAddsEvents(t, n) })
}

func demoHasEverySort(t *testing.T, n *Network) {
	if len(n.Members) < 24 {
		t.Fatalf("got %d relays, want at least 24", len(n.Members))
	}
	outcomes, names, urls := map[Outcome]int{}, map[string]bool{}, map[string]bool{}
	for _, m := range n.Members {
		outcomes[m.Expect.Outcome]++
		names[m.Name()], urls[m.URL()] = true, true
		if (m.Expect.Reason == "") != (m.Expect.Outcome == Complete) {
			t.Errorf("%s: outcome %s with reason %q", m.Name(), m.Expect.Outcome, m.Expect.Reason)
		}
	}
	if len(names) != len(n.Members) || len(urls) != len(n.Members) || outcomes[Complete] < 15 || outcomes[Truncated] < 3 || outcomes[None] < 8 {
		t.Errorf("got %d names, %d urls, outcomes %v", len(names), len(urls), outcomes)
	}
}

// The first page of every relay must agree with what is promised about it.
func demoKeepsExpectations(t *testing.T, n *Network) {
	truth := n.Truth()
	for _, m := range n.Members {
		t.Run(m.Name(), func(t *testing.T) {
			want := m.Expect.Outcome != None || m.Expect.Reason == "too_large" // what a client without a frame limit reads
			patience := time.Second
			if want {
				patience = 20 * time.Second
			}
			a, err := firstPage(t, m, patience)
			got := len(a.ids())
			for id := range a.ids() {
				if _, ok := truth.Possible[Pair{id, m.URL()}]; !ok {
					t.Errorf("served %s, which is not in the truth", id)
				}
			}
			answered := err == nil && a.end.verb == "EOSE"
			if answered != want {
				t.Errorf("got %d events, end %.60q, err %v; want an answer: %v", got, a.end.raw, err, want)
			}
			if answered && got == 0 && m.Name() != "empty" {
				t.Error("got an empty answer")
			}
		})
	}
}

func firstPage(t *testing.T, m *Member, patience time.Duration) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, m.URL(), nil)
	if err != nil {
		return reply{}, err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	return (&client{t, ws, ctx}).try("s", `{"limit":500}`)
}

func truthCountsEveryPair(t *testing.T, n *Network) {
	truth := n.Truth()
	byRelay := map[string]int{}
	for p := range truth.Pairs {
		byRelay[p.URL]++
		if _, ok := truth.Possible[p]; !ok {
			t.Fatal("a pair is certain and not possible")
		}
		if _, ok := truth.Events[p.ID]; !ok {
			t.Fatal("a pair without its event")
		}
	}
	for _, m := range n.Members {
		want := 0
		if m.Expect.Outcome == Complete {
			want = len(m.Genuine())
		}
		if byRelay[m.URL()] != want {
			t.Errorf("%s: got %d pairs, want %d", m.Name(), byRelay[m.URL()], want)
		}
	}
	if len(truth.Events) < 1300 || len(truth.Possible) <= len(truth.Pairs) {
		t.Errorf("got %d events, %d pairs, %d possible", len(truth.Events), len(truth.Pairs), len(truth.Possible))
	}
	t.Logf("%d events, %d pairs, %d possible pairs", len(truth.Events), len(truth.Pairs), len(truth.Possible))
}

func oneRelayLeadsToAll(t *testing.T, n *Network) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, n.Members[0].URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	a := (&client{t, ws, ctx}).ask("s", `{"kinds":[10002]}`)
	var all strings.Builder
	for _, ev := range a.events {
		fmt.Fprintln(&all, ev.DecodeTags())
	}
	for _, url := range n.URLs() {
		if !strings.Contains(all.String(), url) {
			t.Errorf("no relay list names %s", url)
		}
	}
}

func liveAddsEvents(t *testing.T, n *Network) {
	before := n.Members[0].Len()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	ended := make(chan struct{})
	go func() { defer close(ended); n.Live(ctx, 2*time.Millisecond) }()
	_, changed := n.Members[0].store.since(0)
	select {
	case <-changed:
	case <-ctx.Done():
		t.Error("nothing was added")
	}
	cancel()
	<-ended
	if n.Members[0].Len() <= before {
		t.Errorf("got %d events, want more than %d", n.Members[0].Len(), before)
	}
}

func TestLedgerKnowsEveryAnswer(t *testing.T) {
	r := start(t, Manners{Cap: 10}, ladder(t, 30, 1000))
	c := dial(t, r)
	served := map[event.ID]int{}
	for i := range 3 {
		for id := range c.ask(fmt.Sprint("s", i), fmt.Sprintf(`{"until":%d}`, 1029-10*i)).ids() {
			served[id]++
		}
	}
	if got := r.Ledger().Served(); len(got) != 30 || len(served) != 30 {
		t.Fatalf("ledger says %d, client says %d, want 30", len(got), len(served))
	}
	q, totals := r.Ledger().Requests(), r.Ledger().Totals()
	if len(q) != 3 || len(q[1].Sent) != 10 || *q[1].Filters[0].Until != 1019 || !q[1].More || q[2].More {
		t.Errorf("got requests %+v", q)
	}
	if totals.Requests != 3 || totals.EOSE != 3 || totals.Events != 30 || totals.Frames < 32 || totals.Open != 1 || totals.Peak != 1 {
		t.Errorf("got totals %+v", totals)
	}
}

func TestLedgerIsBounded(t *testing.T) {
	l := newLedger()
	ids := make([]event.ID, 1000)
	for i := range ids {
		ids[i][0], ids[i][1] = byte(i), byte(i>>8)
	}
	for range 1000 {
		l.record(Request{Sent: ids, End: EndEOSE})
	}
	for range ledgerRequests {
		l.record(Request{End: EndClosed})
	}
	if n := len(l.Requests()); n != ledgerRequests || l.kept != 0 || len(l.Served()) != 1000 {
		t.Fatalf("kept %d requests with %d events, %d served", n, l.kept, len(l.Served()))
	}
}
