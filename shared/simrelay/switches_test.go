package simrelay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func TestRawKindAndAuthor(t *testing.T) {
	r := start(t, Manners{}, nil)
	author := testKey(t).PubKey()
	r.AddRaw(Raw{ID: event.ID{1}, CreatedAt: 1, JSON: []byte(`{"n":1}`)},
		Raw{ID: event.ID{2}, CreatedAt: 2, JSON: []byte(`{"n":2}`), Kind: 7},
		Raw{ID: event.ID{3}, CreatedAt: 3, JSON: []byte(`{"n":3}`), PubKey: author},
		Raw{ID: event.ID{4}, CreatedAt: 4, JSON: []byte(`{"n":4}`), Kind: 7, PubKey: author})
	c := dial(t, r)
	for filter, want := range map[string]int{
		`{}`:            4,
		`{"kinds":[7]}`: 4,
		`{"kinds":[8]}`: 2,
		fmt.Sprintf(`{"authors":["%s"]}`, author):             4,
		fmt.Sprintf(`{"authors":["%064x"]}`, 5):               2,
		fmt.Sprintf(`{"authors":["%064x"],"kinds":[7]}`, 5):   2,
		fmt.Sprintf(`{"authors":["%064x"],"kinds":[8]}`, 5):   1,
		fmt.Sprintf(`{"authors":["%s"],"kinds":[8]}`, author): 2,
	} {
		if a := c.ask("s", filter); a.broken != want {
			t.Errorf("got %d for %s, want %d", a.broken, filter, want)
		}
	}
}

// counted asks COUNT and returns the frame that answers.
func (c *client) counted(filter string) frame {
	c.t.Helper()
	c.send(`["COUNT","n",` + filter + `]`)
	return c.next()
}

func TestCountMisleads(t *testing.T) {
	for _, tc := range []struct {
		manners Manners
		want    string
		fault   Fault
	}{
		{Manners{LieCount: 0.5}, `["COUNT","n",{"count":10}]`, FaultLieCount},
		{Manners{LieCount: 3, Cap: 5}, `["COUNT","n",{"count":60}]`, FaultLieCount},
		{Manners{RefuseCount: true}, `["NOTICE","`, FaultNoCount},
	} {
		r := start(t, tc.manners, ladder(t, 20, 1000))
		if f := dial(t, r).counted(`{}`); !strings.HasPrefix(string(f.raw), tc.want) {
			t.Errorf("got %s, want %s…", f.raw, tc.want)
		}
		wantFault(t, r, tc.fault)
	}
	r := start(t, Manners{LieCount: 1}, ladder(t, 20, 1000))
	if f := dial(t, r).counted(`{}`); string(f.raw) != `["COUNT","n",{"count":20}]` || r.Ledger().Faults()[FaultLieCount] != 0 {
		t.Errorf("got %s, want the truth", f.raw)
	}
}

func TestMaxMessage(t *testing.T) {
	r := start(t, Manners{MaxMessage: 200}, ladder(t, 3, 1000))
	c := dial(t, r)
	long := strings.Repeat(`"t",`, 60)
	if a := c.ask("s", `{"#t":[`+long+`"ladder"]}`); a.end.verb != "NOTICE" || strings.Contains(string(a.end.raw), `"s"`) {
		t.Errorf("got %s, want a NOTICE without an id", a.end.raw)
	}
	if a := c.ask("s", `{}`); len(a.events) != 3 {
		t.Errorf("got %d events for a short message, want 3", len(a.events))
	}
	wantFault(t, r, FaultMaxMessage)
}

func TestEmptyClosed(t *testing.T) {
	r := start(t, Manners{EmptyClosedEvery: 2}, ladder(t, 3, 1000))
	c := dial(t, r)
	c.ask("a", `{}`)
	a := c.ask("b", `{}`)
	if len(a.events) != 0 || a.end.verb != "CLOSED" || strings.Contains(a.end.text(2), ":") {
		t.Errorf("got %d events and %s, want CLOSED without a prefix", len(a.events), a.end.raw)
	}
	if a := c.ask("c", `{}`); len(a.events) != 3 {
		t.Errorf("got %d events, want 3", len(a.events))
	}
	wantFault(t, r, FaultEmptyClosed)
}

func TestHintLies(t *testing.T) {
	r := start(t, Manners{HintLies: true}, ladder(t, 10, 1000))
	if a := dial(t, r).ask("s", `{"limit":9}`); len(a.events) != 9 || a.end.text(2) != "finish" {
		t.Errorf("got %d events and hint %q, want 9 and finish", len(a.events), a.end.text(2))
	}
	wantFault(t, r, FaultHintLie)
}

func TestDropEveryRequests(t *testing.T) {
	r := start(t, Manners{DropEveryRequests: 3, Negentropy: true}, ladder(t, 3, 1000))
	a, b := dial(t, r), dial(t, r)
	a.ask("1", `{}`)
	b.counted(`{}`)
	if _, err := a.try("3", `{}`); err == nil {
		t.Error("got an answer to the third request, want a cut connection")
	}
	b.ask("4", `{}`)
	b.reconcile("5", `{}`, nil)
	if _, err := b.try("6", `{}`); err == nil {
		t.Error("got an answer to the sixth request, want a cut connection")
	}
	if n := r.Ledger().Faults()[FaultDropped]; n != 2 {
		t.Errorf("got %d dropped connections, want 2", n)
	}
}
