package synchronizer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is signed once for all tests of the walk.
var world = sync.OnceValue(func() *simrelay.World {
	return simrelay.GenerateWorld(simrelay.WorldConfig{Seed: 7, Events: 1500})
})

// archive is what a walk proved. It fails the test when an interval is proven ahead of its events.
type archive struct {
	t       *testing.T
	truth   map[event.ID]int64 // created_at of what the relay holds
	have    map[event.ID]struct{}
	proven  []Interval
	cut     []Interval
	answers int

	reconciliations int
	missing         []store.Held
}

func (r *archive) prove(_ context.Context, a *answer, iv Interval, proof ingest.Proof) error {
	r.answers++
	for i := range a.events {
		if _, ok := r.truth[a.events[i].ID]; ok {
			r.have[a.events[i].ID] = struct{}{}
		}
	}
	if proof == ingest.Proof_PROOF_TRUNCATED {
		r.cut = append(r.cut, iv)
		return nil
	}
	for id, at := range r.truth {
		if _, ok := r.have[id]; !ok && iv.Since <= at && at <= iv.Until {
			r.t.Fatalf("proof %s of %v is ahead of event %s at %d", proof, iv, id, at)
		}
	}
	r.proven = append(r.proven, iv)
	return nil
}

// held returns what the archive has of the interval.
func (r *archive) held(_ context.Context, iv Interval) ([]store.Held, error) {
	var held []store.Held
	for id := range r.have {
		if at := r.truth[id]; iv.Since <= at && at <= iv.Until {
			held = append(held, store.Held{ID: id, CreatedAt: at})
		}
	}
	if len(held) > maxHeld {
		return nil, errTooMany
	}
	return held, nil
}

func (r *archive) archived(_ context.Context, ids []event.ID) (map[event.ID][64]byte, error) {
	return map[event.ID][64]byte{}, nil
}

func (r *archive) reconciled(ctx context.Context, a *answer, iv Interval, both []event.ID, missing []store.Held) error {
	r.reconciliations++
	for _, id := range both {
		if _, ok := r.have[id]; !ok {
			r.t.Fatalf("event %s was called known and is not", id)
		}
	}
	r.missing = append(r.missing, missing...)
	return r.prove(ctx, a, iv, ingest.Proof_PROOF_NEGENTROPY)
}

// start runs a relay with the manners and returns a walker for it.
func start(t *testing.T, m simrelay.Manners, events []event.Event) (*walker, *archive, *simrelay.Relay) {
	t.Helper()
	sim := simrelay.New(t.Name(), m, events)
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Stop)
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	url, err := relay.Parser{Allow: loopback}.Parse(sim.URL())
	if err != nil {
		t.Fatal(err)
	}
	record := &archive{t: t, truth: sim.Genuine(), have: map[event.ID]struct{}{}}
	asker := &asker{
		dialer: relay.NewDialer(relay.Options{Allow: loopback}), url: url, limit: 500,
		dialing: 2 * time.Second, idle: time.Second, longest: time.Minute, tries: 6, pause: 5 * time.Millisecond,
		pace: rate.NewLimiter(rate.Inf, 1),
	}
	t.Cleanup(asker.hangUp)
	return &walker{
		asker: asker, prove: record, authors: map[event.PubKey]struct{}{}, deadline: time.Now().Add(time.Minute),
		visit: &ingest.Visit{Rejected: map[string]uint64{}},
	}, record, sim
}

// TestWalkIsComplete prints what a complete walk of each relay costs.
func TestWalkIsComplete(t *testing.T) {
	dense := dense(1200, 40)
	tests := []struct {
		name    string
		manners simrelay.Manners
		events  []event.Event
		cut     bool // a part may be recorded as cut
	}{
		{"honest", simrelay.Manners{}, world().Events, false},
		{"capped at 100", simrelay.Manners{Cap: 100}, world().Events, false},
		{"capped at 300", simrelay.Manners{Cap: 300}, world().Events, false},
		{"above its cap it answers with its default", simrelay.Manners{Cap: 250, DefaultLimit: 125, AboveCapAnswer: 125}, world().Events, false},
		{"hidden events make pages short", simrelay.Manners{Cap: 200, HiddenShare: 0.1}, world().Events, false},
		{"oldest first", simrelay.Manners{Order: simrelay.OldestFirst, Cap: 200}, world().Events, false},
		{"random order", simrelay.Manners{Order: simrelay.RandomOrder, Cap: 100}, world().Events, false},
		{"until is exclusive", simrelay.Manners{UntilExclusive: true, Cap: 200}, world().Events, false},
		{"since is exclusive", simrelay.Manners{SinceExclusive: true, Cap: 200}, world().Events, false},
		{"ignores since", simrelay.Manners{IgnoreSince: true, Cap: 200}, world().Events, false},
		{"32-bit times", simrelay.Manners{Times32: true}, world().Events, false},
		{"cuts the connection in the middle", simrelay.Manners{DropMidAnswerEvery: 3, Cap: 200}, world().Events, false},
		{"cuts the connection after five", simrelay.Manners{DropAfter: 5, Cap: 200}, world().Events, false},
		{"refuses every fourth request", simrelay.Manners{RefuseEvery: 4}, world().Events, false},
		{"limits the rate", simrelay.Manners{RateLimitAfter: 4, RateWindow: 20 * time.Millisecond}, world().Events, false},
		{"loses EOSE", simrelay.Manners{LoseEOSEEvery: 4}, world().Events, false},
		{"sends duplicates", simrelay.Manners{Duplicates: true, Cap: 200}, world().Events, false},
		{"sends what was not asked for", simrelay.Manners{OutsideFilter: 3, Cap: 200}, world().Events, false},
		{"ends frames in a newline", simrelay.Manners{NewlineFrames: true}, world().Events, false},
		{"empty", simrelay.Manners{}, nil, false},
		{"one event", simrelay.Manners{}, world().Events[:1], false},
		{"a dense second of many kinds", simrelay.Manners{Cap: 500}, append(dense, world().Events[:300]...), false},
		{"a dense second of one kind", simrelay.Manners{Cap: 100}, append(dense1(400, 50), world().Events[:300]...), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, record, sim := start(t, test.manners, test.events)
			now := time.Now()
			var err error
			if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
				t.Fatalf("probe: %v", err)
			}
			whole := Interval{Since: 0, Until: now.Unix()}
			if err := w.walk(t.Context(), []Interval{whole}); err != nil {
				t.Fatalf("walk: %v", err)
			}
			if holes := without(whole, append(record.proven, record.cut...)); len(holes) > 0 {
				t.Errorf("got holes %v, want the whole interval covered or recorded as cut", holes)
			}
			if len(record.cut) > 0 != test.cut {
				t.Errorf("got %v recorded as cut, want some: %t", record.cut, test.cut)
			}
			if len(record.have) != len(record.truth) && !test.cut {
				t.Errorf("got %d of %d events", len(record.have), len(record.truth))
			}
			totals := sim.Ledger().Totals()
			t.Logf("%4d events, manners %s cap %d, %d requests, %d answers proven, cut %v, ledger %+v",
				len(record.have), w.manners.order, w.manners.cap, w.requests, record.answers, record.cut, totals)
		})
	}
}

// dense makes n events of one second, spread over so many kinds.
func dense(n, kinds int) []event.Event {
	key := event.GenerateKey()
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(1_700_000_000, uint16(1+i%kinds), nil, fmt.Sprint(i))
	}
	return events
}

// dense1 makes n events of one second and one kind by so many authors.
func dense1(n, authors int) []event.Event {
	keys := make([]event.Key, authors)
	for i := range keys {
		keys[i] = event.GenerateKey()
	}
	events := make([]event.Event, n)
	for i := range events {
		events[i] = keys[i%authors].Sign(1_700_000_000, 1, nil, fmt.Sprint(i))
	}
	return events
}

// TestWalkGoesAroundAGiant: one event that is larger than a frame may be costs its own second and
// nothing else.
func TestWalkGoesAroundAGiant(t *testing.T) {
	for _, order := range []simrelay.Order{simrelay.NewestFirst, simrelay.OldestFirst} {
		w, record, sim := start(t, simrelay.Manners{Order: order, Cap: 200}, world().Events)
		at := world().Events[len(world().Events)/2].CreatedAt + 1
		giant := event.GenerateKey().Sign(at, 1, nil, "giant")
		raw := append([]byte(`{"padding":"`), bytes.Repeat([]byte("x"), 2<<20)...)
		raw = append(append(raw, `",`...), giant.AppendJSON(nil)[1:]...)
		sim.AddRaw(simrelay.Raw{ID: giant.ID, CreatedAt: at, JSON: raw})
		now := time.Now()
		var err error
		if w.manners, err = probe(t.Context(), w.asker, now); err != nil {
			t.Fatalf("probe: %v", err)
		}
		w.manners.order = map[simrelay.Order]string{simrelay.NewestFirst: orderNewest, simrelay.OldestFirst: orderOldest}[order]
		whole := Interval{Since: 0, Until: now.Unix()}
		if err := w.walk(t.Context(), []Interval{whole}); err != nil {
			t.Fatalf("walk: %v", err)
		}
		if holes := without(whole, append(record.proven, record.cut...)); len(holes) > 0 {
			t.Errorf("got holes %v", holes)
		}
		if len(record.cut) != 1 || record.cut[0] != (Interval{Since: at, Until: at}) {
			t.Errorf("got %v recorded as cut, want second %d alone", record.cut, at)
		}
		for id, second := range record.truth {
			if _, ok := record.have[id]; !ok && second != at {
				t.Errorf("event of %d is missing, the giant is at %d", second, at)
			}
		}
		t.Logf("%d requests, %d bytes", w.requests, w.bytes)
	}
}

func TestWalkRefusals(t *testing.T) {
	tests := []struct {
		name    string
		manners simrelay.Manners
		outcome string
		reason  string
	}{
		{"wants AUTH", simrelay.Manners{AuthOnly: true}, outcomeRefused, "closed_auth_required"},
		{"restricted", simrelay.Manners{ClosedPrefix: "restricted"}, outcomeRefused, "closed_restricted"},
		{"NOTICE only", simrelay.Manners{NoticeOnly: true}, outcomeRefused, "notice"},
		{"endless", simrelay.Manners{EndlessStream: true}, outcomeFailed, "flood"},
		{"a giant frame", simrelay.Manners{GiantFrame: 40 << 20}, outcomeFailed, "too_large"},
		{"cuts every answer", simrelay.Manners{DropMidAnswerEvery: 1}, outcomeFailed, "disconnect"},
		{"nobody listens", simrelay.Manners{Dead: simrelay.Refused}, outcomeFailed, "refused"},
		{"a web page", simrelay.Manners{Dead: simrelay.HTTPOK}, outcomeFailed, "upgrade_200"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, record, _ := start(t, test.manners, world().Events[:200])
			var err error
			if w.manners, err = probe(t.Context(), w.asker, time.Now()); err == nil {
				err = w.walk(t.Context(), []Interval{{Since: 0, Until: time.Now().Unix()}})
			}
			outcome, reason, ours := judge(err)
			if outcome != test.outcome || reason != test.reason || ours {
				t.Errorf("got %q, %q, ours %t from %v, want %q, %q", outcome, reason, ours, err, test.outcome, test.reason)
			}
			if record.answers > 0 {
				t.Errorf("got %d answers proven, want none", record.answers)
			}
		})
	}
}

func init() { slog.SetLogLoggerLevel(slog.LevelError) }
