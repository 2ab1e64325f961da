package synchronizer

import (
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestEphemeralKinds(t *testing.T) {
	sampled, other := event.Event{Kind: 25_000}, event.Event{Kind: 25_000, ID: event.ID{7: 1}}
	for _, c := range []struct {
		mode ephemeral
		e    event.Event
		want string
	}{
		{"", sampled, "ephemeral:25000"}, {"count", other, "ephemeral:25000"}, {"sample", sampled, ""}, {"sample", other, "ephemeral:25000"},
		{"keep", other, ""}, {"count", event.Event{Kind: 19_999}, ""}, {"count", event.Event{Kind: 30_000}, ""},
	} {
		if got := c.mode.refuses(&c.e); got != c.want {
			t.Errorf("%q of kind %d: got %q, want %q", c.mode, c.e.Kind, got, c.want)
		}
	}
}

func TestReasonsOfATurnAreBounded(t *testing.T) {
	var r refusals
	e := event.Event{ID: event.ID{1}}
	for kind := range 5_000 {
		e.Kind = uint16(20_000 + kind)
		r.add(ephemeral("count").refuses(&e))
	}
	counts := map[string]uint64{}
	r.take(counts)
	sum := func() (n uint64) {
		for _, one := range counts {
			n += one
		}
		return n
	}
	if len(counts) > maxReasons+1 || counts["ephemeral"] < 5_000-maxReasons || sum() != 5_000 {
		t.Errorf("got %d reasons, %d without a kind, %d in all, want at most %d and 5000", len(counts), counts["ephemeral"], sum(), maxReasons+1)
	}
	if r.take(counts); sum() != 5_000 {
		t.Error("what was taken is counted again")
	}
}

// TestEphemeralEventsAreCountedByKindAndRelay lets them pass by live.
func TestEphemeralEventsAreCountedByKindAndRelay(t *testing.T) {
	key := event.GenerateKey()
	p := pipe(t, simrelay.Manners{}, old(10))
	p.turn()
	now := time.Now().Unix()
	p.relay.Add(key.Sign(now, 20_001, nil, "a"), key.Sign(now, 20_001, nil, "b"), key.Sign(now, 20_002, nil, "c"), key.Sign(now, 1, nil, "kept"))
	testkit.Until(t, "the live event that is kept", func() bool { return p.archived() == 11 })
	p.age(0)
	p.turn()
	for reason, want := range map[string]int64{"ephemeral:20001": 2, "ephemeral:20002": 1} {
		testkit.Until(t, "the count of "+reason, func() bool {
			return testkit.Number(t, p.dsn, "SELECT coalesce(sum(events), 0)::bigint FROM relay_rejects WHERE reason = $1", reason) >= want // the walk may meet them, too
		})
	}
}
