package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// dump is everything the archive holds, by natural keys: numbers depend on the order of arrival, contents must not.
const dump = `
SELECT 'event ' || encode(id, 'hex') || encode(sig, 'hex') || tags || content FROM event
UNION ALL SELECT concat_ws(' ', 'sighting', encode(id, 'hex'), relay, first_seen, last_seen, 'missing', missing_since) FROM sightings
UNION ALL SELECT concat_ws(' ', 'coverage', r.url, f.filter, proof, walked_on, intervals)
  FROM coverage JOIN relay r USING (relay_no) JOIN filter f USING (filter_no)
UNION ALL SELECT concat_ws(' ', 'part', encode(page_id, 'hex'), part) FROM page_part
UNION ALL SELECT concat_ws(' ', 'relay', url, network, token) FROM relay
UNION ALL SELECT concat_ws(' ', 'candidate', url, found_at, tries, tried_at, reason, next_try_at, given_up_at) FROM candidate
UNION ALL SELECT concat_ws(' ', 'source', url, source) FROM candidate_source JOIN candidate USING (candidate_no)
UNION ALL SELECT concat_ws(' ', 'state', url, s.vantage, state, state_since, failures, checked_at)
  FROM relay_state s JOIN relay USING (relay_no)
UNION ALL SELECT concat_ws(' ', 'check', relay, vantage, checked_at, check_name, ok, rtt_ms, reason, text,
    dns_ms, tcp_ms, tls_ms, upgrade_ms, value) FROM relay_checks
UNION ALL SELECT concat_ws(' ', 'document', url, h.vantage, type, first_seen, last_seen, encode(sha256, 'hex'))
  FROM relay_document h JOIN relay USING (relay_no) JOIN document USING (document_no)
UNION ALL SELECT concat_ws(' ', 'visit', url, job, started_at, ended_at, outcome, rejected, late_events, missing_events, live_events)
  FROM visit JOIN relay USING (relay_no)
UNION ALL SELECT concat_ws(' ', 'manners', url, probed_at, cap, answer_order, negentropy, hints, counts,
    auth, max_subscriptions, max_message, hides, page_limit) FROM manners JOIN relay USING (relay_no)
UNION ALL SELECT concat_ws(' ', 'reject', relay, reason, class, events, last_at) FROM relay_rejects
UNION ALL SELECT concat_ws(' ', 'quarantine', encode(sha256, 'hex'), reason, relay) FROM quarantine
ORDER BY 1`

func dumped(t testing.TB, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), dump)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// history is the message log of some days: every list of the contract, overlapping keys, parts, a forgery, and the same
// relay reported on again and again.
func history() (batches []*ingest.Batch) {
	events := makeEvents(60)
	for i := range 12 {
		relay := fmt.Sprintf("wss://relay%d.example.com", i%4)
		page := pageOf(relay, noon, events[i*3:i*3+20]...)
		batch := batchOf(page)
		switch i % 4 {
		case 1:
			page.PageId, page.Part, page.Parts = []byte(strings.Repeat("p", 16)), uint32(i/4), 3
			page.Since, page.Until = events[0].CreatedAt, events[40].CreatedAt
		case 2:
			page.Events[3].Content = []byte(`"forged"`)
		case 3:
			page.Proof = ingest.Proof_PROOF_TRUNCATED
		}
		batch.Candidates = []*ingest.Candidate{
			{Url: relay, Network: "clearnet", Source: fmt.Sprint("list", i%3), FoundAt: noon + int64(i)},
			{Url: relay, Network: "clearnet", Tries: uint32(i), TriedAt: noon + 10*int64(i), Reason: "timeout", NextTryAt: noon + 99},
		}
		batch.Relays = []*ingest.Relay{{Url: relay, Network: "clearnet", AcceptedAt: noon}}
		batch.Checks = []*ingest.Check{checkOf(relay, noon+int64(i), fmt.Sprint("document ", i/4))}
		batch.Visits = []*ingest.Visit{{Relay: relay, Job: "sync", StartedAt: noon - int64(i), EndedAt: noon + int64(i), Outcome: "done",
			Rejected: map[string]uint64{"bad_json": uint64(i)}, LateEvents: uint64(i), MissingEvents: 1, LiveEvents: 2}}
		batch.Manners = []*ingest.Manners{{Relay: relay, ProbedAt: noon + int64(i), Cap: uint32(i), Order: "newest",
			Negentropy: i%2 == 0, Hints: i%3 == 0, Counts: i%4 == 0, Auth: "offered", MaxSubscriptions: uint32(i), MaxMessage: 1 << 17, PageLimit: uint32(300 + i), Hides: i%5 == 0}}
		batches = append(batches, batch)
	}
	return batches
}

// beginning is what was archived twenty days ago, and aftermath what came since: answers that lacked some of it, others
// that had it again, revocations, and proofs of days that those do not reach.
func beginning(events []event.Event) (batches []*ingest.Batch) {
	for i := range 8 {
		page := pageOf(fmt.Sprintf("wss://relay%d.example.com", i%4), noon-20*86400, events[i*5:i*5+20]...)
		page.Since, page.Until = events[0].CreatedAt, events[59].CreatedAt
		batches = append(batches, batchOf(page))
	}
	return batches
}

func aftermath(events []event.Event) (batches []*ingest.Batch) {
	const day = 86400
	for i := range 16 {
		relay, at := fmt.Sprintf("wss://relay%d.example.com", i%4), events[i*3].CreatedAt
		lacking := lackingPage(relay, noon-10*day+int64(i), events[i:i+12]...)
		again := pageOf(relay, noon-2*day)
		again.KnownIds, again.Since, again.Until = ids(events[i*2:i*2+6]...), at, at+10
		batch := batchOf(lacking, again)
		batch.Pages[0].Filter = `{"kinds":[1]}`
		batch.Revocations = revocationOf(relay, noon-10*day, at, at+4).Revocations
		batches = append(batches, batch)
	}
	return batches
}

func checkOf(relay string, at int64, document string) *ingest.Check {
	return &ingest.Check{Relay: relay, Vantage: "main", CheckedAt: at, State: "up", StateSince: at, NextCheckAt: at + 3600,
		Results: []*ingest.Result{{Check: "open", Ok: true, RttMs: 12, DnsMs: 1, TcpMs: 2, UpgradeMs: 9}, {Check: "read", Reason: "timeout", Text: "nul \x00"},
			{Check: "dns", Ok: true, Value: &at}},
		Documents: []*ingest.Document{{Type: "nip11", Body: []byte(document)}}}
}

// TestAnyOrderAnyNumberOfTimes writes the same messages in their order, then shuffled and doubled by two writers at
// once, and compares the archives row by row.
func TestAnyOrderAnyNumberOfTimes(t *testing.T) {
	log := history()
	reference := testkit.Postgres(t)
	for _, batch := range log {
		write(t, testkit.Store(t, reference), batch)
	}
	want := dumped(t, connect(t, reference))
	for round := range 6 {
		dsn := testkit.Postgres(t)
		random := rand.New(rand.NewPCG(uint64(round), 1))
		var writers sync.WaitGroup
		for range 2 {
			batches := append(slices.Clone(log), log...)
			random.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
			size := 1 + random.IntN(6)
			s := testkit.Store(t, dsn)
			writers.Go(func() { writeInGroups(t, s, slices.Collect(slices.Chunk(batches, size))) })
		}
		writers.Wait()
		compare(t, fmt.Sprintf("round %d", round), dumped(t, connect(t, dsn)), want)
	}
}

// TestMissingAndRevokedInAnyOrder does the same with what changes rows that are there.
func TestMissingAndRevokedInAnyOrder(t *testing.T) {
	events := makeEvents(60)
	first, log := beginning(events), aftermath(events)
	reference := testkit.Postgres(t)
	for _, batch := range slices.Concat(first, log) {
		write(t, testkit.Store(t, reference), batch)
	}
	conn := connect(t, reference)
	want := dumped(t, conn)
	for what, query := range map[string]string{
		"missing": "SELECT count(*) FROM sighting WHERE missing_since IS NOT NULL", "seen again": "SELECT count(*) FROM sighting WHERE last_seen > first_seen",
		"holes": "SELECT count(*) FROM coverage, unnest(intervals) WHERE walked_on = (SELECT min(walked_on) FROM coverage)",
	} {
		if n := number(t, conn, query); n < 10 {
			t.Errorf("%s: got %d in the reference, want many", what, n)
		}
	}
	for round := range 6 {
		dsn := testkit.Postgres(t)
		random := rand.New(rand.NewPCG(uint64(round), 2))
		for _, batch := range first {
			write(t, testkit.Store(t, dsn), batch)
		}
		var writers sync.WaitGroup
		for range 2 {
			batches := append(slices.Clone(log), log...)
			random.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
			size := 1 + random.IntN(6)
			s := testkit.Store(t, dsn)
			writers.Go(func() { writeInGroups(t, s, slices.Collect(slices.Chunk(batches, size))) })
		}
		writers.Wait()
		compare(t, fmt.Sprintf("round %d", round), dumped(t, connect(t, dsn)), want)
	}
}

// writeInGroups writes now and then carefully. A careful write takes its rows in halves, not in key order, so the two
// may meet in a deadlock; that is repeated, as the writer does.
func writeInGroups(t *testing.T, s *store.Store, groups [][]*ingest.Batch) {
	for i, group := range groups {
		do := s.Write
		if i%5 == 4 {
			do = s.WriteCarefully
		}
		_, err := do(context.Background(), group, options)
		for again := 0; again < 5 && store.Classify(err) == store.Contention; again++ {
			_, err = do(context.Background(), group, options)
		}
		if err != nil {
			t.Errorf("write group %d: %v", i, err)
			return
		}
	}
}

func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%s: got %d rows, want %d rows with the same contents", what, len(got), len(want))
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: got %.300q, want no such row", what, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: got no row %.300q", what, line)
		}
	}
}

// TestWritersDoNotDeadlock lets writers store the same events in opposite orders. A single deadlock fails the test.
func TestWritersDoNotDeadlock(t *testing.T) {
	dsn := testkit.Postgres(t)
	const rounds, perRound = 20, 200
	events := makeEvents(rounds * perRound)
	var stores []*store.Store
	for range 3 {
		stores = append(stores, testkit.Store(t, dsn))
	}
	for round := range rounds {
		some := events[round*perRound : (round+1)*perRound]
		var writers sync.WaitGroup
		for n, s := range stores {
			pages := make([]*ingest.Page, 0, 4)
			for i, part := range slices.Collect(slices.Chunk(some, perRound/4)) {
				pages = append(pages, pageOf(fmt.Sprintf("wss://r%d-%d.example.com", n, (round+i)%5), noon, part...))
			}
			if n%2 == 1 {
				slices.Reverse(pages)
				for _, page := range pages {
					slices.Reverse(page.Events)
				}
			}
			writers.Go(func() {
				if _, err := s.Write(context.Background(), []*ingest.Batch{batchOf(pages...)}, options); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		writers.Wait()
	}
	expect(t, "events", number(t, connect(t, dsn), "SELECT count(*) FROM event"), rounds*perRound)
	expect(t, "sightings", number(t, connect(t, dsn), "SELECT count(*) FROM sighting"), len(stores)*rounds*perRound)
}

// TestPartsOfOnePageByManyWriters lets every part of a page be written by a writer of its own, all at once: whoever
// comes last must see all of them.
func TestPartsOfOnePageByManyWriters(t *testing.T) {
	dsn := testkit.Postgres(t)
	const rounds, parts = 25, 4
	events := makeEvents(parts)
	var stores []*store.Store
	for range parts {
		stores = append(stores, testkit.Store(t, dsn))
	}
	for round := range rounds {
		var writers sync.WaitGroup
		for part, s := range stores {
			page := pageOf(relayA, noon, events[part])
			page.PageId, page.Part, page.Parts = []byte(fmt.Sprintf("page %11d", round)), uint32(part), parts
			page.Since, page.Until = int64(round*10), int64(round*10)
			writers.Go(func() {
				if _, err := s.Write(context.Background(), []*ingest.Batch{batchOf(page)}, options); err != nil {
					t.Errorf("round %d, part %d: %v", round, part, err)
				}
			})
		}
		writers.Wait()
	}
	conn := connect(t, dsn)
	expect(t, "seconds covered", number(t, conn, "SELECT count(*) FROM coverage, unnest(intervals)"), rounds)
}
