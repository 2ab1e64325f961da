package simrelay

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

// times lists created_at in order of arrival.
func (a reply) times() []int64 {
	var list []int64
	for _, ev := range a.events {
		list = append(list, ev.CreatedAt)
	}
	return list
}

func wantFault(t *testing.T, r *Relay, f Fault) {
	t.Helper()
	if r.Ledger().Faults()[f] == 0 {
		t.Errorf("fault %s did not fire: %v", f, r.Ledger().Faults())
	}
}

func TestLimits(t *testing.T) {
	events := ladder(t, 60, 1000)
	for _, tc := range []struct {
		name    string
		manners Manners
		filter  string
		want    int
		fault   bool
	}{
		{"cap below limit", Manners{Cap: 20}, `{"limit":50}`, 20, true},
		{"cap above limit", Manners{Cap: 20}, `{"limit":10}`, 10, false},
		{"cap without limit", Manners{Cap: 20}, `{}`, 20, true},
		{"cap on ids", Manners{Cap: 1}, fmt.Sprintf(`{"ids":["%s","%s"]}`, events[0].ID, events[1].ID), 1, true},
		{"ignored limit", Manners{IgnoreLimit: true}, `{"limit":10}`, 60, false},
		{"default limit", Manners{Cap: 50, DefaultLimit: 15}, `{}`, 15, true},
		{"above cap answers default", Manners{Cap: 40, AboveCapAnswer: 12}, `{"limit":41}`, 12, true},
		{"at cap answers cap", Manners{Cap: 40, AboveCapAnswer: 12}, `{"limit":40}`, 40, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t, tc.manners, events)
			a := dial(t, r).ask("s", tc.filter)
			if len(a.events) != tc.want || a.end.verb != "EOSE" {
				t.Errorf("got %d events and %s, want %d and EOSE", len(a.events), a.end.verb, tc.want)
			}
			if got := r.Ledger().Faults()[FaultCapped] > 0; got != tc.fault {
				t.Errorf("got fault %v, want %v", got, tc.fault)
			}
		})
	}
}

func TestHiddenEventsCountAgainstTheLimit(t *testing.T) {
	r := start(t, Manners{HiddenShare: 0.3}, ladder(t, 100, 1000))
	c := dial(t, r)
	a := c.ask("s", `{"limit":50}`)
	all := c.ask("t", `{}`)
	visible := len(r.Genuine())
	if len(a.events) >= 50 || len(a.events) < 20 || len(all.events) != visible || visible > 90 || visible < 50 {
		t.Fatalf("got %d of limit 50 and %d of %d visible", len(a.events), len(all.events), visible)
	}
	wantFault(t, r, FaultHidden)
}

func TestBounds(t *testing.T) {
	events := ladder(t, 10, 1000)
	for _, tc := range []struct {
		name     string
		manners  Manners
		filter   string
		from, to int64
	}{
		{"inclusive", Manners{}, `{"since":1003,"until":1006}`, 1003, 1006},
		{"until exclusive", Manners{UntilExclusive: true}, `{"since":1003,"until":1006}`, 1003, 1005},
		{"since exclusive", Manners{SinceExclusive: true}, `{"since":1003,"until":1006}`, 1004, 1006},
		{"ignores since", Manners{IgnoreSince: true}, `{"since":1003,"until":1006}`, 1000, 1006},
		{"ignores until", Manners{IgnoreUntil: true}, `{"since":1003,"until":1006}`, 1003, 1009},
		{"32 bits", Manners{Times32: true}, `{"since":1003,"until":1006}`, 1003, 1006},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := dial(t, start(t, tc.manners, events)).ask("s", tc.filter)
			var want []int64
			for at := tc.to; at >= tc.from; at-- {
				want = append(want, at)
			}
			if !slices.Equal(got.times(), want) {
				t.Errorf("got %v, want %v", got.times(), want)
			}
		})
	}
	a := dial(t, start(t, Manners{Times32: true}, events)).ask("s", `{"until":4294967296}`)
	if len(a.events) != 0 || a.end.verb != "EOSE" {
		t.Errorf("got %d events for an until of 33 bits, want none", len(a.events))
	}
}

func TestOldestFirstCutsTheNewest(t *testing.T) {
	r := start(t, Manners{Order: OldestFirst, Cap: 4}, ladder(t, 10, 1000))
	a := dial(t, r).ask("s", `{"since":1002}`)
	if want := []int64{1002, 1003, 1004, 1005}; !slices.Equal(a.times(), want) {
		t.Fatalf("got %v, want %v", a.times(), want)
	}
	wantFault(t, r, FaultOrder)
}

func TestRandomOrderIsAnotherSubsetEachTime(t *testing.T) {
	r := start(t, Manners{Order: RandomOrder, Cap: 20}, ladder(t, 100, 1000))
	c := dial(t, r)
	a, b := c.ask("a", `{}`), c.ask("b", `{}`)
	if slices.IsSorted(a.times()) || slices.Equal(a.times(), b.times()) || len(a.ids()) != 20 {
		t.Fatalf("got %v and %v, want two random subsets of 20", a.times(), b.times())
	}
}

func TestTies(t *testing.T) {
	k := testKey(t)
	var events []event.Event
	for i := range 30 {
		events = append(events, k.Sign(1000, 1, nil, fmt.Sprint("same second ", i)))
	}
	byID := func(a, b event.Event) int { return slices.Compare(a.ID[:], b.ID[:]) }
	up := dial(t, start(t, Manners{Ties: TiesIDAscending}, events)).ask("s", `{}`)
	down := dial(t, start(t, Manners{Ties: TiesIDDescending}, events)).ask("s", `{}`)
	c := dial(t, start(t, Manners{Cap: 20}, events))
	first, again := c.ask("s", `{}`), c.ask("t", `{}`)
	slices.Reverse(down.events)
	if !slices.IsSortedFunc(up.events, byID) || !slices.IsSortedFunc(down.events, byID) || len(up.events) != 30 || len(down.events) != 30 {
		t.Error("ties are not in the order of their ids")
	}
	if slices.IsSortedFunc(first.events, byID) || fmt.Sprint(first.ids()) != fmt.Sprint(again.ids()) {
		t.Error("arbitrary ties must look unordered and cut the same events every time")
	}
}

func TestDuplicates(t *testing.T) {
	r := start(t, Manners{Duplicates: true}, ladder(t, 10, 1000))
	a := dial(t, r).ask("s", `{}`)
	if len(a.events) != 20 || len(a.ids()) != 10 {
		t.Fatalf("got %d events of %d ids, want 20 of 10", len(a.events), len(a.ids()))
	}
	wantFault(t, r, FaultDuplicate)
}

func TestOutsideFilter(t *testing.T) {
	r := start(t, Manners{OutsideFilter: 3}, ladder(t, 20, 1000))
	a := dial(t, r).ask("s", `{"since":1015}`)
	outside := 0
	for _, at := range a.times() {
		if at < 1015 {
			outside++
		}
	}
	if outside != 3 || len(a.events) != 8 {
		t.Fatalf("got %d outside of %d, want 3 of 8", outside, len(a.events))
	}
	if n := len(r.Ledger().Served()); n != 5 {
		t.Errorf("ledger says %d served, want only the 5 that match", n)
	}
	wantFault(t, r, FaultOutside)
}

func TestForgedCopiesFailVerification(t *testing.T) {
	r := start(t, Manners{Forge: 0.3}, ladder(t, 200, 1000))
	a := dial(t, r).ask("s", `{}`)
	if a.broken < 30 || a.broken > 90 || len(a.events)+a.broken != 200 || len(a.events) != len(r.Genuine()) {
		t.Fatalf("got %d genuine and %d broken events, relay says %d genuine", len(a.events), a.broken, len(r.Genuine()))
	}
	if served := r.Ledger().Served(); len(served) != len(a.events) {
		t.Errorf("ledger says %d served, want %d", len(served), len(a.events))
	}
	wantFault(t, r, FaultForged)
}

func TestRawBytesAreSentVerbatim(t *testing.T) {
	r := start(t, Manners{}, ladder(t, 3, 1000))
	raw := "{\"id\": \"nonsense\",\xff \"created_at\":1e3}"
	r.AddRaw(Raw{CreatedAt: 1001, JSON: []byte(raw)}, Raw{CreatedAt: 5000, JSON: []byte(`[]`)})
	c := dial(t, r)
	c.send(`["REQ","s",{"until":1002}]`)
	found := false
	for {
		f := c.next()
		if f.verb == "EOSE" {
			break
		}
		found = found || string(f.raw) == `["EVENT","s",`+raw+`]`
	}
	if n := r.Ledger().Totals().Events; !found || n != 4 {
		t.Fatalf("raw event found %v among %d, want it among 4", found, n)
	}
}

func TestGarbageGiantAndNewlineFrames(t *testing.T) {
	r := start(t, Manners{Garbage: true, GiantFrame: 2 << 20, NewlineFrames: true}, ladder(t, 2, 1000))
	c := dial(t, r)
	a := c.ask("s", `{}`)
	longest := 0
	for _, f := range a.other {
		longest = max(longest, len(f.raw))
	}
	if len(a.other) != len(garbage) || longest != 20_001 || a.broken != 1 || len(a.events) != 2 {
		t.Fatalf("got %d garbage frames, %d broken and %d events, want %d, 1 and 2", len(a.other), a.broken, len(a.events), len(garbage))
	}
	if last := a.end.raw[len(a.end.raw)-1]; last != '\n' || r.Ledger().Totals().Bytes < 2<<20 {
		t.Errorf("got frame end %q and %d bytes", last, r.Ledger().Totals().Bytes)
	}
	wantFault(t, r, FaultGarbage)
	wantFault(t, r, FaultGiant)
}
