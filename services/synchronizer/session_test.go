package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/budget"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/netconf"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// pipeline is one synchronizer and a writer loop on a real NATS and a real Postgres, and one relay.
type pipeline struct {
	t     *testing.T
	dsn   string
	bus   *bus.Bus
	relay *simrelay.Relay
	gate  *budget.Gate
	s     *Synchronizer
	stop  func()

	change func(*relay.Options) // what the settings cannot say; nil = nothing
}

// pipe starts a pipeline over a relay with these manners. settings are those of the environment.
func pipe(t *testing.T, m simrelay.Manners, events []event.Event, settings ...string) *pipeline {
	t.Helper()
	return pipeOver(t, nil, m, events, settings...)
}

// pipeOver is pipe with other options of the dialer.
func pipeOver(t *testing.T, change func(*relay.Options), m simrelay.Manners, events []event.Event, settings ...string) *pipeline {
	t.Helper()
	p := &pipeline{t: t, dsn: testkit.Postgres(t), bus: testkit.NATS(t), relay: simrelay.New(t.Name(), m, events), change: change}
	if err := p.relay.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.relay.Stop)
	archive := testkit.Store(t, p.dsn)
	writing, stopWriting := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := testkit.Write(writing, p.bus, archive); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("write: %v", err)
		}
	})
	t.Cleanup(func() { stopWriting(); writer.Wait() })
	p.start(settings...)
	return p
}

// start runs a synchronizer.
func (p *pipeline) start(settings ...string) {
	p.t.Helper()
	environ := map[string]string{
		"RELAY_ALLOW_CIDRS": "127.0.0.0/8", "RELAY_MAX_REQUESTS": "0", "SYNC_REQUIRE_READABLE": "false", "SYNC_RETRY_PAUSE": "10ms",
		"CLEARNET_REQUEST_TIMEOUT": "5s", "SYNC_LIVE_WAIT": "20ms",
	}
	for i := 0; i+1 < len(settings); i += 2 {
		environ[settings[i]] = settings[i+1]
	}
	cfg, err := app.Load[struct {
		Network netconf.Config
		Sync    Config
	}](environ)
	if err != nil {
		p.t.Fatal(err)
	}
	options, err := cfg.Network.Options()
	if err != nil {
		p.t.Fatal(err)
	}
	if p.change != nil {
		p.change(&options)
	}
	log := testkit.Log(p.t)
	p.gate = gate(cfg.Network, p.bus, log)
	p.s = New(cfg.Sync, cfg.Network, options, p.gate, p.bus, testkit.Reader(p.t, p.dsn), log)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.s.Run(ctx); err != nil {
			p.t.Errorf("run: %v", err)
		}
	})
	p.stop = func() { cancel(); running.Wait() }
	p.t.Cleanup(p.stop)
}

// turn has the relay visited and returns when the visit is archived.
func (p *pipeline) turn(samples ...bus.Sample) visited {
	p.t.Helper()
	before := p.visit()
	for before.Ended == time.Now().Unix() { // visits are told apart by their seconds
		time.Sleep(10 * time.Millisecond)
	}
	task := bus.Task{URL: p.relay.URL(), Network: subject.Clearnet, Audit: samples}
	if err := p.bus.Now(p.t.Context(), subject.JobSync, task); err != nil {
		p.t.Fatal(err)
	}
	testkit.Until(p.t, "a visit", func() bool { return p.visit().Started > before.Started || p.visit().Ended > before.Ended })
	return p.visit()
}

// manners waits until the archive knows such manners of the relay: they travel apart from the visit that learned them.
func (p *pipeline) manners(what, where string) {
	p.t.Helper()
	testkit.Until(p.t, what, func() bool { return testkit.Number(p.t, p.dsn, "SELECT count(*) FROM manners WHERE "+where) == 1 })
}

// visited is the last visit as it is archived.
type visited struct {
	Started, Ended              int64
	Outcome, Reason             string
	Requests                    int
	Bytes, Fresh, Known         int64
	Late, Missing, Live, Newest int64
}

func (p *pipeline) visit() visited {
	p.t.Helper()
	rows := testkit.Rows[visited](p.t, p.dsn, `
		SELECT started_at, ended_at, outcome, coalesce(reason, ''), requests, bytes, new_events, known_events, late_events, missing_events, live_events, 0::bigint
		FROM visit WHERE job = 'sync'`)
	if len(rows) == 0 {
		return visited{}
	}
	return rows[0]
}

// age moves all that was walked so many days back.
func (p *pipeline) age(days int) {
	p.t.Helper()
	testkit.Exec(p.t, p.dsn, "UPDATE coverage SET walked_on = walked_on - "+itoa(days)+
		"; UPDATE visit SET started_at = started_at - 10, ended_at = ended_at - 10"+
		"; UPDATE sighting SET first_seen = first_seen - 10, last_seen = last_seen - 10")
}

func itoa(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func (p *pipeline) archived() int64 {
	return testkit.Number(p.t, p.dsn, "SELECT count(*) FROM sighting")
}

// old are events that no lookback calls provisional.
func old(n int) []event.Event {
	key := event.GenerateKey()
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(1_700_000_000+int64(i)*7, 1, nil, "note "+itoa(i%100))
	}
	return events
}

// TestDroppedEventsAreNamed: a relay deletes some of its events; the walk that is due names exactly
// those, by pages and by comparing ids, and a later sighting takes it back.
func TestDroppedEventsAreNamed(t *testing.T) {
	for name, manners := range map[string]simrelay.Manners{"by pages": {Cap: 200}, "by ids": {Negentropy: true}} {
		t.Run(name, func(t *testing.T) {
			events := old(700)
			p := pipe(t, manners, events, "SYNC_LIVE", "false")
			p.turn()
			if got := p.archived(); got != 700 {
				t.Fatalf("got %d sightings, want 700", got)
			}
			gone := []event.Event{events[0], events[333], events[334], events[500], events[699], events[50], events[51]}
			for _, e := range gone {
				p.relay.Remove(e.ID)
			}
			p.age(2)
			visit := p.turn()
			if visit.Missing != int64(len(gone)) {
				t.Errorf("got %d missing in the visit %+v, want %d", visit.Missing, visit, len(gone))
			}
			p.checkMissing(gone)
			p.relay.Add(gone[:3]...)
			p.age(3)
			p.turn()
			p.checkMissing(gone[3:])
		})
	}
}

func (p *pipeline) checkMissing(want []event.Event) {
	p.t.Helper()
	type row struct{ ID []byte }
	var got, wanted []string
	for _, r := range testkit.Rows[row](p.t, p.dsn, "SELECT id FROM event JOIN sighting USING (event_no) WHERE missing_since IS NOT NULL") {
		got = append(got, event.ID(r.ID).String())
	}
	for _, e := range want {
		wanted = append(wanted, e.ID.String())
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		p.t.Errorf("got %d events missing, want %d: %v, %v", len(got), len(wanted), got, wanted)
	}
}

// TestRewalkByIDsIsCheap: walking an unchanged relay again costs a fraction of its events.
func TestRewalkByIDsIsCheap(t *testing.T) {
	p := pipe(t, simrelay.Manners{Negentropy: true}, old(2000), "SYNC_LIVE", "false")
	first := p.turn()
	p.age(2)
	second := p.turn()
	if second.Known < 2000 || second.Fresh != 0 {
		t.Fatalf("got %+v, want 2,000 known events", second)
	}
	if second.Bytes > first.Bytes*3/100 {
		t.Errorf("got %d bytes for the second walk and %d for the first, want at most 3 %%", second.Bytes, first.Bytes)
	}
	t.Logf("first walk %d bytes and %d requests, second %d and %d", first.Bytes, first.Requests, second.Bytes, second.Requests)
}

// TestLateEventsAreFound: a relay receives events of a time that is settled; they are found by the
// walk that is due, and counted as late.
func TestLateEventsAreFound(t *testing.T) {
	for name, manners := range map[string]simrelay.Manners{"by pages": {}, "by ids": {Negentropy: true}} {
		t.Run(name, func(t *testing.T) {
			p := pipe(t, manners, old(700), "SYNC_LIVE", "false")
			p.turn()
			p.relay.Add(event.GenerateKey().Sign(1_700_000_500, 1, nil, "late"), event.GenerateKey().Sign(1_600_000_000, 1, nil, "later"))
			p.turn()
			if got := p.archived(); got != 700 {
				t.Fatalf("got %d sightings before the walk is due, want 700", got)
			}
			p.age(2)
			visit := p.turn()
			if got := p.archived(); got != 702 || visit.Late != 2 {
				t.Errorf("got %d sightings and %d late events, want 702 and 2", got, visit.Late)
			}
		})
	}
}

// TestPartialOffersAreSeenThrough: a relay that offers its newest events only is walked by pages.
func TestPartialOffersAreSeenThrough(t *testing.T) {
	events := old(900)
	p := pipe(t, simrelay.Manners{Negentropy: true, NegentropyNewest: 100, Cap: 300}, events, "SYNC_LIVE", "false")
	p.turn()
	p.age(2)
	visit := p.turn()
	if visit.Missing > 0 || visit.Known < 900 || p.archived() != 900 {
		t.Errorf("got %+v and %d sightings, want 900 and none missing", visit, p.archived())
	}
	// It is caught as well when the probe was not: the manners say that it reconciles.
	testkit.Exec(t, p.dsn, "UPDATE manners SET negentropy = true")
	p.age(3)
	visit = p.turn()
	if visit.Missing > 0 || visit.Known < 900 {
		t.Errorf("got %+v, want 900 known and none missing", visit)
	}
	p.manners("a relay that does not reconcile any more", "NOT negentropy")
}

// TestFutureEventsAreArchived: clocks that run ahead, and milliseconds.
func TestFutureEventsAreArchived(t *testing.T) {
	key, now := event.GenerateKey(), time.Now()
	future := []event.Event{key.Sign(now.Add(time.Hour).Unix(), 1, nil, "ahead"), key.Sign(now.UnixMilli(), 1, nil, "milliseconds"), key.Sign(1<<62, 1, nil, "far")}
	p := pipe(t, simrelay.Manners{}, append(old(50), future...), "SYNC_LIVE", "false")
	p.turn()
	if got := p.archived(); got != 53 {
		t.Errorf("got %d sightings, want 53", got)
	}
	if n := testkit.Number(t, p.dsn, "SELECT count(*) FROM coverage, unnest(intervals) i WHERE upper(i) > extract(epoch FROM now()) + 60"); n != 0 {
		t.Error("got a proof about the future")
	}
}

// TestAuditTakesProofsBack: an event in settled history that the archive lacks voids its stretch.
func TestAuditTakesProofsBack(t *testing.T) {
	events := old(300)
	p := pipe(t, simrelay.Manners{}, events, "SYNC_LIVE", "false", "SYNC_REWALK", "none")
	p.turn()
	p.age(2)
	at := events[100].CreatedAt
	p.relay.Add(event.GenerateKey().Sign(at-3, 1, nil, "audited"), event.GenerateKey().Sign(events[10].CreatedAt+3, 1, nil, "beside the sample"))
	p.turn(bus.Sample{Filter: "{}", Since: 0, Until: at})
	testkit.Until(t, "the stretch to be walked anew", func() bool {
		p.age(0)
		p.turn()
		return p.archived() == 302
	})
}

// TestLiveEventsArrive: what a relay receives is archived within a moment, whatever its date, and
// what it received while the connection was cut as well.
func TestLiveEventsArrive(t *testing.T) {
	p := pipe(t, simrelay.Manners{}, old(100))
	p.turn()
	has := func(n int64) func() bool { return func() bool { return p.archived() == n } }
	testkit.Until(t, "the history", has(100))
	key := event.GenerateKey()
	p.relay.Add(key.Sign(time.Now().Unix(), 1, nil, "now"), key.Sign(1_500_000_000, 1, nil, "back-dated"))
	testkit.Until(t, "two live events", has(102))
	p.stop()
	p.relay.Add(key.Sign(time.Now().Unix(), 1, nil, "while nobody listened"))
	p.start()
	testkit.Until(t, "what came meanwhile", has(103))
	p.relay.Add(key.Sign(time.Now().Unix(), 1, nil, "and now"))
	testkit.Until(t, "another live event", has(104))
}

// TestLiveIsLiveWithFewSubscriptions: a relay that takes one subscription is followed with all filters in one between the
// walks, also for what came during the walk, and one that takes one filter in a subscription with a subscription for each.
func TestLiveIsLiveWithFewSubscriptions(t *testing.T) {
	for _, c := range []struct {
		name    string
		manners simrelay.Manners
		fault   simrelay.Fault
	}{
		{"one subscription", simrelay.Manners{MaxSubs: 1}, simrelay.FaultSubs},
		{"one filter in each", simrelay.Manners{MaxFilters: 1}, simrelay.FaultMaxFilters},
	} {
		t.Run(c.name, func(t *testing.T) {
			filters := filepath.Join(t.TempDir(), "filters.yaml")
			if err := os.WriteFile(filters, []byte("filters: [{kinds: [1]}, {kinds: [7]}]"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := pipe(t, c.manners, old(100), "SYNC_FILTERS", filters)
			key := event.GenerateKey()
			for i := range int64(2) { // the first and a later turn of the session
				p.turn()
				testkit.Until(t, "the history", func() bool { return p.archived() == 100+2*i })
				p.relay.Add(key.Sign(time.Now().Unix(), 7, nil, fmt.Sprint("now ", i)), key.Sign(1_500_000_000+i, 1, nil, "back-dated"))
				testkit.Until(t, "two live events", func() bool { return p.archived() == 102+2*i })
				if visit := p.visit(); visit.Outcome != outcomeDone || followed(p) != 1 {
					t.Errorf("got %+v and %d relays followed, want a walk that is done and 1", visit, followed(p))
				}
			}
			if p.relay.Ledger().Faults()[c.fault] == 0 {
				t.Errorf("fault %s did not fire", c.fault)
			}
		})
	}
}

// TestFollowersGiveWay: where an address has no connection left, a relay behind it is not listened to after its turn.
func TestFollowersGiveWay(t *testing.T) {
	p := pipe(t, simrelay.Manners{}, old(10), "RELAY_MAX_CONNECTIONS_PER_IP", "2")
	open := func() int { return p.relay.Ledger().Totals().Open }
	var releases []func()
	for range 2 { // the relay itself is dialled freely: its address is our own here
		release, err := p.gate.Admit(t.Context(), netip.MustParseAddr("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, sync.OnceFunc(release))
		t.Cleanup(releases[len(releases)-1])
	}
	p.turn()
	testkit.Until(t, "the relay is left after its turn", func() bool { return open() == 0 })
	releases[0]()
	p.turn()
	testkit.Until(t, "it is followed where there is room", func() bool { return open() == 1 })
	if n := followed(p); n != 1 {
		t.Errorf("got %d relays followed, want 1", n)
	}
}

// followed is how many live slots are taken.
func followed(p *pipeline) int { return len(p.s.followers[relay.Clearnet]) }

// TestTaskReplacesListening: somebody who wants a turn now gets it from a relay that is being listened to.
func TestTaskReplacesListening(t *testing.T) {
	p := pipe(t, simrelay.Manners{}, old(10))
	p.turn()
	p.turn()
}

// TestChallengesAreAnsweredOnlyWhereAllowed: with an override the relay learns who asks, without it is refused.
func TestChallengesAreAnsweredOnlyWhereAllowed(t *testing.T) {
	p := pipe(t, simrelay.Manners{AuthOnly: true}, old(20))
	if visit := p.turn(); visit.Outcome != outcomeRefused || visit.Reason != "closed_auth_required" {
		t.Errorf("got %+v, want a refusal", visit)
	}
	p.stop()
	overrides := filepath.Join(t.TempDir(), "overrides.yaml")
	if err := os.WriteFile(overrides, []byte("overrides:\n- relay: "+p.relay.URL()+"\n  auth: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.age(0)
	p.start("SYNC_OVERRIDES", overrides, "SYNC_PRIVATE_KEY", "0000000000000000000000000000000000000000000000000000000000000003")
	if visit := p.turn(); visit.Outcome != outcomeDone || p.archived() != 20 {
		t.Errorf("got %+v and %d sightings, want 20", visit, p.archived())
	}
	p.manners("a note that the relay asks who we are", "auth = 'required'")
}

// TestLargeEventsAreAVisibleGap: an event over EVENT_MAX_BYTES is counted, stored as a gap where it is, and passed over
// live; the one that fits to the byte is archived.
func TestLargeEventsAreAVisibleGap(t *testing.T) {
	key, events := event.GenerateKey(), old(100)
	sized := func(at int64, size int) event.Event {
		e := key.Sign(at, 1, nil, "")
		return key.Sign(at, 1, nil, strings.Repeat("x", size-len(e.AppendJSON(nil))))
	}
	large := sized(events[50].CreatedAt+1, 2<<10+1)
	p := pipe(t, simrelay.Manners{}, append(events, large, sized(events[70].CreatedAt+1, 2<<10)), "EVENT_MAX_BYTES", "2KiB")
	counted := func() float64 { return testutil.ToFloat64(eventsRejected.WithLabelValues(string(event.TooLarge))) }
	before := counted()
	if visit := p.turn(); visit.Outcome != outcomeDone || p.archived() != 101 {
		t.Errorf("got %+v and %d sightings, want 101", visit, p.archived())
	}
	if counted() == before {
		t.Error("got no rejection counted, want that of the large event")
	}
	const cut = "SELECT count(*) FROM coverage, unnest(intervals) i WHERE proof = $1 AND i @> $2::bigint"
	if n := testkit.Number(t, p.dsn, cut, int(ingest.Proof_PROOF_TRUNCATED), large.CreatedAt); n != 1 {
		t.Errorf("got %d gaps at the large event, want one", n)
	}
	before = counted()
	p.relay.Add(sized(time.Now().Unix(), 2<<10+1), key.Sign(time.Now().Unix(), 1, nil, "small"))
	testkit.Until(t, "the small live event", func() bool { return p.archived() == 102 })
	if got := counted() - before; got != 1 {
		t.Errorf("got %v live events counted as too large, want 1", got)
	}
}

// TestSpentBytesResumeTomorrow: a relay whose bytes of the day are spent is left alone until midnight, and
// what was walked until then stays.
func TestSpentBytesResumeTomorrow(t *testing.T) {
	p := pipe(t, simrelay.Manners{Cap: 100}, old(1500), "SYNC_LIVE", "false", "RELAY_MAX_BYTES_PER_DAY", "400KiB")
	visit := p.turn()
	if visit.Outcome != outcomePaused || visit.Reason != reasonSpent {
		t.Errorf("got %+v, want the turn paused because the bytes are spent", visit)
	}
	if n := p.archived(); n == 0 || n == 1500 {
		t.Errorf("got %d of 1,500 events, want some", n)
	}
	next := time.Unix(testkit.Number(t, p.dsn, "SELECT next_at FROM visit"), 0)
	if tomorrow := midnight(time.Now()).Add(aDay); next.Before(tomorrow) || next.After(tomorrow.Add(3*time.Hour)) {
		t.Errorf("got the next turn at %s, want it soon after %s", next, tomorrow)
	}
	before := p.archived()
	p.age(0)
	if visit := p.turn(); visit.Reason != reasonSpent || p.archived() != before {
		t.Errorf("got %+v and %d events, want nothing asked on the same day", visit, p.archived())
	}
}
