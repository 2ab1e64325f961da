package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/simrelay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// expectRecount compares the counters with a recount.
func expectRecount(t *testing.T, dsn string) {
	t.Helper()
	v, err := testkit.Reader(t, dsn).Verify(t.Context(), 0, true, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if v.BadCounters != 0 || v.Counters == 0 {
		t.Errorf("counters: got %d that differ from a recount of %d, want none: %v", v.BadCounters, v.Counters, v.Miscounts)
	}
}

// foldAll folds until nothing is left.
func foldAll(t *testing.T, s *store.Store) {
	t.Helper()
	for {
		done, err := s.Fold(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if done.Deltas == 0 {
			return
		}
	}
}

// expectReplication counts what is due and compares with what the sightings say.
func expectReplication(t *testing.T, dsn string) {
	t.Helper()
	for n, s := 1, testkit.Refresher(t, dsn); n > 0; {
		var err error
		if n, err = s.CountReplication(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	type row struct{ Key, Events, Alone int64 }
	expect(t, "events by how many relays serve them",
		testkit.Rows[row](t, dsn, "SELECT relays AS key, events, 0 AS alone FROM replication_count WHERE events <> 0 ORDER BY 1"),
		fmt.Sprint(testkit.Rows[row](t, dsn, "SELECT key, count(*) AS events, 0 AS alone FROM (SELECT count(*) AS key FROM sighting GROUP BY event_no) s GROUP BY 1 ORDER BY 1")))
	expect(t, "events by relay, and those of no other",
		testkit.Rows[row](t, dsn, "SELECT relay_no AS key, events, alone_events AS alone FROM relay_unique WHERE events <> 0 ORDER BY 1"),
		fmt.Sprint(testkit.Rows[row](t, dsn, `SELECT relay_no AS key, count(*) AS events, count(*) FILTER (WHERE relays = 1) AS alone
			FROM (SELECT *, count(*) OVER (PARTITION BY event_no) AS relays FROM sighting) s GROUP BY 1 ORDER BY 1`)))
}

// crowdedNetwork is relays of three networks, and events of several kinds on them.
var crowdedNetwork = []string{relayA, relayB, "wss://c.example.com",
	"ws://" + onion('a') + ".onion", "ws://" + onion('b') + ".onion", "ws://x.i2p"}

func onion(c byte) string {
	name := make([]byte, 56)
	for i := range name {
		name[i] = c
	}
	return string(name)
}

// TestCountersEqualARecountAfterChaos has two writers write pages twice, in disorder, with transactions that are killed in
// the middle, while a refresher folds and is killed, too. At any moment each counter, with what is not folded yet, is what a
// recount says; so it is after events were erased, and after a rebuild.
func TestCountersEqualARecountAfterChaos(t *testing.T) {
	dsn := testkit.Postgres(t)
	refresher, owner := testkit.Refresher(t, dsn), connect(t, dsn)
	exec(t, owner, "ALTER SEQUENCE event_event_no_seq RESTART WITH 8000") // so that they lie in two blocks
	world := simrelay.GenerateWorld(simrelay.WorldConfig{Seed: 5, Events: 600, Unsigned: true}).Events
	stop := make(chan struct{})
	killed, folded := 0, 0
	var chaos sync.WaitGroup
	chaos.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			done, err := refresher.Fold(t.Context())
			if err != nil && store.Classify(err) == store.Programming {
				t.Error(err)
			}
			folded += done.Deltas
			if _, err := refresher.CountReplication(t.Context()); err != nil && store.Classify(err) == store.Programming {
				t.Error(err)
			}
		}
	})
	var looks int64
	chaos.Go(func() {
		for reader := testkit.Reader(t, dsn); ; looks++ {
			v, err := reader.Verify(t.Context(), 0, true, func(int) {})
			if err != nil || v.BadCounters > 0 {
				t.Errorf("Verify meanwhile: got %v, %v, want no counter that differs from a recount", v.Miscounts, err)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	chaos.Go(func() {
		for killed < 20 { // as long as there is anybody to kill
			select {
			case <-stop:
				return
			default:
			}
			killed += int(number(t, owner, `SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND usename IN ('bigbrotr_writer', 'bigbrotr_refresher') AND state <> 'idle' ORDER BY random() LIMIT 1) k`))
		}
	})
	var writers sync.WaitGroup
	for n := range uint64(2) {
		writers.Go(func() { writeChaos(t, testkit.Store(t, dsn), world, rand.New(rand.NewPCG(7, n))) })
	}
	writers.Wait()
	close(stop)
	chaos.Wait()
	if killed == 0 || folded == 0 || looks == 0 {
		t.Errorf("chaos: got %d kills, %d folds and %d looks meanwhile, want some of each", killed, folded, looks)
	}
	exec(t, owner, "DELETE FROM sighting WHERE event_no % 7 = 0")
	exec(t, owner, "DELETE FROM event WHERE event_no % 7 = 0")
	foldAll(t, refresher)
	expect(t, "events", number(t, owner, "SELECT sum(events) FROM kind_counts"), number(t, owner, "SELECT count(*) FROM event"))
	expect(t, "changes left", number(t, owner, "SELECT (SELECT count(*) FROM event_delta) + (SELECT count(*) FROM sighting_delta)"), 0)
	expectRecount(t, dsn)
	expect(t, "blocks", number(t, owner, "SELECT count(*) FROM replication_block"), 2)
	expectReplication(t, dsn)
	exec(t, owner, "ALTER SEQUENCE event_event_no_seq RESTART WITH 1000000") // so that a rebuild reads several ranges, some of them empty
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, makeEvents(30)...)))
	expect(t, "events far away", number(t, owner, "SELECT count(*) FROM event WHERE event_no >= 1000000"), 30)
	foldAll(t, refresher)
	exec(t, owner, "UPDATE replication_count SET events = events + 1; DELETE FROM replication_block WHERE block = 1")
	exec(t, owner, "UPDATE kind_count SET events = events + 1; DELETE FROM author_count; UPDATE network_event SET bits = set_bit(bits, 9, 1)")
	if _, err := refresher.RebuildAnalytics(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectRecount(t, dsn)
	expect(t, "blocks due after a rebuild", number(t, owner, "SELECT count(*) FROM replication_due"), 0)
	expectReplication(t, dsn)
}

// writeChaos writes every event on some relays, some of them twice, in an order of its own, and again after each error.
func writeChaos(t *testing.T, s *store.Store, world []event.Event, rng *rand.Rand) {
	for range 60 {
		var batches []*ingest.Batch
		for range 1 + rng.IntN(3) {
			from := rng.IntN(len(world) - 20)
			page := pageOf(crowdedNetwork[rng.IntN(len(crowdedNetwork))], noon, world[from:from+20]...)
			batches = append(batches, batchOf(page), batchOf(page))
		}
		for tries := 0; ; tries++ {
			_, err := s.Write(t.Context(), batches, options)
			if err == nil {
				break
			}
			if class := store.Classify(err); tries == 200 || class != store.Infrastructure && class != store.Contention {
				t.Errorf("write in chaos: %v", err)
				return
			}
		}
	}
}

// TestTwoRefreshersCountOnce folds and rebuilds at once.
func TestTwoRefreshersCountOnce(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	for i := range 20 {
		write(t, s, batchOf(pageOf(crowdedNetwork[i%6], noon, makeEvents(10*(i%5)+10)...)))
	}
	var both sync.WaitGroup
	for range 3 {
		both.Go(func() { foldAll(t, testkit.Refresher(t, dsn)) })
	}
	both.Go(func() {
		if _, err := testkit.Refresher(t, dsn).RebuildAnalytics(t.Context()); err != nil {
			t.Error(err)
		}
	})
	both.Wait()
	foldAll(t, testkit.Refresher(t, dsn))
	expectRecount(t, dsn)
}

// TestSketchesEstimateAuthors compares estimates with truths, within three standard errors of 0.8 %.
func TestSketchesEstimateAuthors(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, refresher, conn := testkit.Store(t, dsn), testkit.Refresher(t, dsn), connect(t, dsn)
	const authors = 3000
	var events []event.Event
	for i := range authors {
		var author event.PubKey
		copy(author[:], fmt.Sprintf("%032d", i))
		events = append(events, event.Compose(author, int64(1_700_000_000+i), uint16(i%2), nil, ""))
	}
	write(t, s, batchOf(pageOf(relayA, noon, events...)))
	write(t, s, batchOf(pageOf(relayB, noon, events[:300]...)))
	foldAll(t, refresher)
	write(t, s, batchOf(pageOf(crowdedNetwork[3], noon, events[:900]...)))
	foldAll(t, refresher)
	if _, err := refresher.MergeNetworks(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int64{
		"SELECT authors FROM author_sketch WHERE dimension = 'all'":                                         authors,
		"SELECT authors FROM kind_counts WHERE kind = 1":                                                    authors / 2,
		"SELECT authors FROM relay_stats WHERE relay = '" + relayB + "'":                                    300,
		"SELECT authors FROM network_counts WHERE network = 'clearnet'":                                     authors,
		"SELECT authors FROM network_counts WHERE network = 'tor'":                                          900,
		"SELECT max(authors) FROM day_counts WHERE day = to_timestamp(1700000000)::date":                    authors,
		"SELECT sum(events) FROM relay_kind_counts WHERE relay = '" + crowdedNetwork[3] + "' AND kind < 2":  900,
		"SELECT sum(events) FROM kind_class_counts WHERE class = 'replaceable'":                             authors / 2,
		"SELECT sum(events)::bigint FROM author_counts":                                                     authors,
		"SELECT count(*) FROM author_sketch WHERE dimension = 'relay' AND octet_length(sketch) < 20 * 1024": 3,
	} {
		got := number(t, conn, query)
		if diff := float64(got-want) / float64(want); diff > 0.025 || diff < -0.025 {
			t.Errorf("%s: got %d, want %d within 2.5 %%", query, got, want)
		}
	}
}

// TestAFoldThatDiesCountsNothing ends a fold by its context in the middle of its transaction.
func TestAFoldThatDiesCountsNothing(t *testing.T) {
	dsn := testkit.Postgres(t)
	refresher, conn := testkit.Refresher(t, dsn), connect(t, dsn)
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, makeEvents(30)...)))
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE author_count IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := refresher.Fold(ctx); done <- err }()
	other := connect(t, dsn)
	testkit.Until(t, "the fold to wait for the counters of authors", func() bool {
		return number(t, other, "SELECT count(*) FROM pg_locks WHERE NOT granted") > 0
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Fold: got %v, want that it was cancelled", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, "counters after the dead fold", number(t, conn, "SELECT count(*) FROM kind_count"), 0)
	foldAll(t, refresher)
	expectRecount(t, dsn)
}
