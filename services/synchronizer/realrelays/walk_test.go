package realrelays

import (
	"bytes"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// relays are the makes that the synchronizer is run against.
var relays = map[string]relayMake{
	"slice, 500 and negentropy":    {Store: "slice", Negentropy: true},
	"badger, as it comes":          {Store: "badger", Negentropy: true},
	"badger, 300":                  {Store: "badger", MaxLimit: 300},
	"badger, who wants to know us": {Store: "badger", Auth: true, Negentropy: true},
}

// TestRelaysOfOtherMakes walks each relay, walks it again after it has lost and gained events, and follows it.
func TestRelaysOfOtherMakes(t *testing.T) {
	for name, m := range relays {
		t.Run(name, func(t *testing.T) {
			r := run(t, m, world())
			p := pipe(t, r.url())
			p.start("SYNC_LIVE", "false")
			first := p.turns()
			found := compare(t, p, r)
			t.Logf("%-30s given %d served %d archived %d truncated %d; turns %d requests %d bytes %d", name,
				found.given, found.served, found.archived, found.truncated, first.Heard, first.Requests, first.Bytes)
			again(t, p, r, first)
			p.stop()
			follow(t, p, r)
		})
	}
}

// again lets the relay lose and gain events, and walks it when that is due.
func again(t *testing.T, p *pipeline, r *process, first visited) {
	t.Helper()
	gone := droppable(r, 20)
	r.remove(gone...)
	r.save(late(t, 25)...)
	p.age(2)
	second := p.turns()
	if second.Late < 25 { // more where a cut second shows others of its events
		t.Errorf("got %d late events, want 25", second.Late)
	}
	missing(t, p, gone)
	compare(t, p, r)
	t.Logf("again: turns %d requests %d bytes %d (%.1f %% of the first walk)", second.Heard, second.Requests, second.Bytes,
		100*float64(second.Bytes)/float64(first.Bytes))
}

// droppable are n events that the relay serves and that nothing but the relay takes away: outside the crowded seconds,
// not replaced, not expired, not deleted by their authors.
func droppable(r *process, n int) (some []event.Event) {
	var deletions []byte
	for _, e := range r.ledger {
		if e.Kind == 5 {
			deletions = append(deletions, e.Tags...)
		}
	}
	for _, e := range r.served() {
		taken := event.Classify(e.Kind) != event.Regular || bytes.Contains(e.Tags, []byte("expiration")) ||
			bytes.Contains(deletions, []byte(e.ID.String()))
		if e.CreatedAt != mixedSecond && e.CreatedAt != plainSecond && e.Kind != 5 && !taken && len(some) < n {
			some = append(some, e)
		}
	}
	return some
}

// follow publishes events while the synchronizer listens, and while the relay restarts.
func follow(t *testing.T, p *pipeline, r *process) {
	t.Helper()
	p.start()
	p.turn()
	key := event.GenerateKey()
	fresh := func(text string) event.Event { return key.Sign(time.Now().Unix(), 1, nil, text) }
	live := []event.Event{fresh("a"), fresh("b"), key.Sign(1_650_000_000, 1, nil, "back-dated")}
	began := time.Now()
	r.publish(live...)
	until(t, p, "live events", live)
	t.Logf("live: archived after %v", time.Since(began).Round(time.Millisecond))
	r.end()
	r.start()
	away := []event.Event{fresh("c"), fresh("d")}
	r.publish(away...)
	for range 5 { // a turn within the second of the walk before brings nothing
		if has(p, away) {
			break
		}
		p.turn()
	}
	until(t, p, "what came after the restart", away)
	more := []event.Event{fresh("e")}
	r.publish(more...)
	until(t, p, "another live event", more)
	compare(t, p, r)
}

func until(t *testing.T, p *pipeline, what string, events []event.Event) {
	t.Helper()
	testkit.Until(t, what, func() bool { return has(p, events) })
}

func has(p *pipeline, events []event.Event) bool {
	archived := p.archived()
	for _, e := range events {
		if _, here := archived[e.ID]; !here {
			return false
		}
	}
	return true
}
