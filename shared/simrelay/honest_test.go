package simrelay

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
)

func TestHonestRelayAnswersEveryFilter(t *testing.T) {
	w := GenerateWorld(WorldConfig{Seed: 5, Events: 150})
	r := start(t, Manners{}, w.Events)
	c := dial(t, r)
	some := w.Events[100]
	tagged := w.Events[slices.IndexFunc(w.Events, func(e event.Event) bool { return e.Kind == 7 })]
	p := tagged.DecodeTags()[1][1]
	for i, f := range []string{
		`{}`,
		fmt.Sprintf(`{"since":%d}`, some.CreatedAt),
		fmt.Sprintf(`{"until":%d}`, some.CreatedAt),
		fmt.Sprintf(`{"since":%d,"until":%d}`, some.CreatedAt-1e6, some.CreatedAt),
		`{"kinds":[1,7]}`,
		fmt.Sprintf(`{"ids":["%s","%s"]}`, some.ID, w.Events[3].ID),
		fmt.Sprintf(`{"authors":["%s"],"kinds":[1]}`, some.PubKey),
		fmt.Sprintf(`{"#p":["%s"]}`, p),
		`{"#t":["nostr","bitcoin"],"kinds":[1]}`,
	} {
		filter, err := event.ParseFilter([]byte(f))
		if err != nil {
			t.Fatal(err)
		}
		want := map[event.ID]int{}
		for _, ev := range w.Events {
			if filter.Matches(&ev) {
				want[ev.ID] = 1
			}
		}
		a := c.ask(fmt.Sprint("s", i), f)
		if got := a.ids(); a.end.verb != "EOSE" || len(want) == 0 || fmt.Sprint(got) != fmt.Sprint(want) || a.broken > 0 {
			t.Errorf("%s: got %d events and %s, want %d and EOSE", f, len(got), a.end.verb, len(want))
		}
		if !slices.IsSortedFunc(a.events, func(x, y event.Event) int { return int(y.CreatedAt - x.CreatedAt) }) {
			t.Errorf("%s: not newest first", f)
		}
	}
}

func TestLimitTakesTheNewest(t *testing.T) {
	events := ladder(t, 20, 1000)
	c := dial(t, start(t, Manners{}, events))
	a := c.ask("s", `{"limit":5}`)
	if len(a.events) != 5 || a.events[0].CreatedAt != 1019 || a.events[4].CreatedAt != 1015 {
		t.Fatalf("got %d events, want the 5 newest", len(a.events))
	}
	if a := c.ask("t", `{"limit":0}`); len(a.events) != 0 || a.end.verb != "EOSE" {
		t.Fatalf("got %d events for limit 0, want none and EOSE", len(a.events))
	}
}

func TestFiltersOfOneRequestAreJoinedWithoutRepetition(t *testing.T) {
	c := dial(t, start(t, Manners{}, ladder(t, 10, 1000)))
	a := c.ask("s", `{"since":1005}`, `{"until":1006}`)
	if len(a.events) != 10 || len(a.ids()) != 10 {
		t.Fatalf("got %d events of %d ids, want 10 of 10", len(a.events), len(a.ids()))
	}
}
