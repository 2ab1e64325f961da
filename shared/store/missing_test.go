package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// lackingPage is a complete answer, asked for a minute before it was seen, in which events are missing.
func lackingPage(relay string, seen int64, missing ...event.Event) *ingest.Page {
	p := pageOf(relay, seen)
	p.Since, p.Until, p.AskedAt, p.MissingIds = 0, noon, seen-60, ids(missing...)
	return p
}

func missingSince(t testing.TB, conn *pgx.Conn, relay string, e event.Event) int64 {
	t.Helper()
	return number(t, conn, "SELECT coalesce(missing_since, 0) FROM sightings WHERE relay = $1 AND id = $2", relay, e.ID[:])
}

func TestWhatACompleteAnswerLacksIsMissing(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(4)
	write(t, s, batchOf(pageOf(relayA, noon-1000, events...), pageOf(relayB, noon-1000, events...)))
	lacking := lackingPage(relayA, noon-500, events[0], events[1], unknownEvent())
	expect(t, "marked", write(t, s, batchOf(lacking)).Missing, 2)
	expect(t, "missing since", missingSince(t, conn, relayA, events[0]), noon-500)
	expect(t, "missing at another relay", missingSince(t, conn, relayB, events[0]), 0)
	expect(t, "missing without a word", missingSince(t, conn, relayA, events[2]), 0)
	expect(t, "marked by a redelivery", write(t, s, batchOf(lacking)).Missing, 0)
	expect(t, "marked by a later answer", write(t, s, batchOf(lackingPage(relayA, noon-400, events[0]))).Missing, 0)
	expect(t, "marked by an earlier answer", write(t, s, batchOf(lackingPage(relayA, noon-600, events[0]))).Missing, 1)
	expect(t, "missing since the first of them", missingSince(t, conn, relayA, events[0]), noon-600)

	write(t, s, batchOf(pageOf(relayA, noon-1000, events...)))
	expect(t, "missing after a redelivery of the sighting", missingSince(t, conn, relayA, events[0]), noon-600)
	again := pageOf(relayA, noon-300)
	again.KnownIds = ids(events...)
	expect(t, "seen again", write(t, s, batchOf(again)).Refreshed, 2)
	expect(t, "missing after it was seen again", missingSince(t, conn, relayA, events[0]), 0)
	expect(t, "last seen", number(t, conn, "SELECT max(last_seen) FROM sightings WHERE relay = $1", relayA), noon-300)
	expect(t, "marked by an answer from before", write(t, s, batchOf(lacking)).Missing, 0)

	exec(t, conn, "UPDATE sighting SET last_seen = $1", noon-30*86400)
	write(t, s, batchOf(lackingPage(relayA, noon-200, events[0])))
	expect(t, "moved by a sighting from before", write(t, s, batchOf(pageOf(relayA, noon-10*86400, events...))).Refreshed, 4)
	expect(t, "missing after that", missingSince(t, conn, relayA, events[0]), noon-200)
}

// TestMissingBesideASighting hands over both in one transaction: the newer one counts.
func TestMissingBesideASighting(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	e := makeEvents(1)[0]
	write(t, s, batchOf(pageOf(relayA, noon-1000, e)))
	seen := pageOf(relayA, noon-560)
	seen.KnownIds = ids(e)
	expect(t, "marked beside a newer sighting", write(t, s, batchOf(seen, lackingPage(relayA, noon-500, e))).Missing, 0)
	seen.SeenAt = noon - 561
	expect(t, "marked beside an older one", write(t, s, batchOf(seen, lackingPage(relayA, noon-500, e))).Missing, 1)
	expect(t, "missing since", missingSince(t, conn, relayA, e), noon-500)
	again := pageOf(relayA, noon-400)
	again.KnownIds = ids(e)
	write(t, s, batchOf(lackingPage(relayA, noon-450, e), again))
	expect(t, "missing although it was seen after that", missingSince(t, conn, relayA, e), 0)
}

func unknownEvent() event.Event { return key.Sign(1_700_000_000, 1, [][]string{}, "nobody wrote it") }

// TestWhatExplainsAMissingEvent stores an event of every kind that a relay may drop with good reason, beside others
// that look like it.
func TestWhatExplainsAMissingEvent(t *testing.T) {
	const at = 1_700_000_000
	stranger := event.GenerateKey()
	author := key.PubKey().String()
	plainEvent := key.Sign(at, 1, nil, "plain")
	deletedByE := key.Sign(at, 1, nil, "deleted")
	byStranger := key.Sign(at, 1, nil, "deleted by a stranger")
	namedLater := key.Sign(at, 1, nil, "named in a tag that is not e")
	expired := key.Sign(at, 1, [][]string{{"t"}, {"expiration", fmt.Sprint(noon - 600)}}, "")
	lasting := key.Sign(at, 1, [][]string{{"expiration", fmt.Sprint(noon + 600)}}, "")
	oddExpiry := key.Sign(at, 1, [][]string{{"expiration", "soon"}, {"expiration", "99999999999999999999999"}, {"expiration"}}, "")
	article := key.Sign(at, 30023, [][]string{{"d", "a:b"}, {"d", "second"}}, "deleted by address")
	newer := key.Sign(at+20, 30023, [][]string{{"d", "a:b"}}, "written after the deletion")
	second := key.Sign(at, 30023, [][]string{{"d", "second"}}, "another address")
	nameless := key.Sign(at, 30024, nil, "address without a name")
	profile := key.Sign(at, 0, nil, "replaceable, deleted by address")
	regular := key.Sign(at, 1, [][]string{{"d", "x"}}, "has no address")
	ofStranger := stranger.Sign(at, 1, nil, "of the stranger")
	events := []event.Event{ofStranger, plainEvent, deletedByE, byStranger, namedLater, expired, lasting, oddExpiry, article, newer, second, nameless,
		profile, regular}
	deletions := []event.Event{
		key.Sign(at+10, 5, [][]string{{"e", deletedByE.ID.String()}, {"k", "1"}, {}, {"e"}, {"a", namedLater.ID.String()},
			{"e", "30023:" + author + ":second"}}, ""),
		key.Sign(at-10, 5, [][]string{{"e", unknownEvent().ID.String()}, {"p", namedLater.ID.String()}}, ""),
		key.Sign(at+10, 5, [][]string{{"a", "30023:" + author + ":a:b"}, {"a", "30024:" + author + ":"}, {"a", "0:" + author + ":"},
			{"a", "1:" + author + ":x"}}, ""),
		stranger.Sign(at+10, 5, [][]string{{"e", byStranger.ID.String()}, {"a", "30023:" + author + ":second"}}, ""),
	}
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	w := write(t, s, batchOf(pageOf(relayA, noon-1000, events...), pageOf(relayB, noon-1000, deletions...)))
	expect(t, "events", w.Events, len(events)+len(deletions))
	write(t, s, batchOf(lackingPage(relayA, noon-500, events...)))
	explained := []event.Event{deletedByE, expired, article, nameless, profile}
	for i, e := range events {
		isExplained := slices.ContainsFunc(explained, func(x event.Event) bool { return x.ID == e.ID })
		want := map[bool]int64{true: 0, false: noon - 500}[isExplained]
		expect(t, fmt.Sprintf("event %d %q missing since", i, e.DecodeContent()), missingSince(t, conn, relayA, e), want)
	}
}

func TestWhichPagesSayThatAnEventIsMissing(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	e := makeEvents(1)[0]
	write(t, s, batchOf(pageOf(relayA, noon-1000, e)))
	for name, spoil := range map[string]func(*ingest.Page){
		"no proof":             func(p *ingest.Page) { p.Proof = ingest.Proof_PROOF_NONE },
		"truncated":            func(p *ingest.Page) { p.Proof = ingest.Proof_PROOF_TRUNCATED },
		"newer than the event": func(p *ingest.Page) { p.Since = e.CreatedAt + 1 },
		"older than the event": func(p *ingest.Page) { p.Until = e.CreatedAt - 1 },
		"no interval":          func(p *ingest.Page) { p.Since, p.Until = 1, 0 },
		"a part of no page":    func(p *ingest.Page) { p.Parts, p.Part = 2, 2 },
		"unknown known id":     func(p *ingest.Page) { p.KnownIds = ids(unknownEvent()) },
		"not asked":            func(p *ingest.Page) { p.AskedAt = 0 },
		"asked before":         func(p *ingest.Page) { p.AskedAt = noon - 1000 },
		"another relay":        func(p *ingest.Page) { p.Relay = relayB },
		"cut ids":              func(p *ingest.Page) { p.MissingIds = p.MissingIds[:31] },
	} {
		page := lackingPage(relayA, noon-500, e)
		spoil(page)
		w := write(t, s, batchOf(page))
		expect(t, name+": marked", w.Missing, 0)
		expect(t, name+": quarantined", w.Quarantined, map[bool]int{true: 1}[name == "cut ids"])
	}
	part := lackingPage(relayA, noon-500, e)
	part.Parts, part.Part, part.Proof = 2, 1, ingest.Proof_PROOF_NEGENTROPY
	expect(t, "marked by one part of a page", write(t, s, batchOf(part)).Missing, 1)
}

func TestRelaysThatHideEventsLackNothing(t *testing.T) {
	dsn := testkit.Postgres(t)
	s := testkit.Store(t, dsn)
	e := makeEvents(1)[0]
	write(t, s, batchOf(pageOf(relayA, noon-1000, e)))
	manners := &ingest.Manners{Relay: relayA, ProbedAt: noon - 900, Order: "newest", Hides: true}
	batch := batchOf(lackingPage(relayA, noon-500, e))
	batch.Manners = []*ingest.Manners{manners}
	expect(t, "marked beside the news that it hides", write(t, s, batch).Missing, 0)
	batch.Manners = nil
	expect(t, "marked at a relay known to hide", write(t, s, batch).Missing, 0)
	write(t, s, &ingest.Batch{Manners: []*ingest.Manners{{Relay: relayA, ProbedAt: noon - 800, Order: "newest"}}})
	expect(t, "marked when it hides no more", write(t, s, batch).Missing, 1)
}

func TestACarefulWriteKeepsWhatIsMissing(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(6)
	write(t, s, batchOf(pageOf(relayA, noon-1000, events[:3]...)))
	exec(t, conn, poison(events[4].ID))
	page := lackingPage(relayA, noon-500, events[0])
	page.Events = wire(events[3:]...)
	revoking := revocationOf(relayA, noon-400, events[1].CreatedAt, events[1].CreatedAt)
	w, err := s.WriteCarefully(t.Context(), []*ingest.Batch{batchOf(page), revoking}, options)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "careful write", fmt.Sprint(w.Events, w.Quarantined, w.Missing, w.Revoked), "2 1 1 1")
	expect(t, "missing since", missingSince(t, conn, relayA, events[0]), noon-500)
	expect(t, "covered", covered(t, s, relayA), fmt.Sprintf("[{0 %d} {%d %d}]", events[1].CreatedAt-1, events[1].CreatedAt+1, noon))
}

// TestMissingAndSeenByManyWriters lets half of the writers see and prove what the others miss and revoke, at the same
// time. A single deadlock fails the test.
func TestMissingAndSeenByManyWriters(t *testing.T) {
	const rounds, perRelay, relays, month = 300, 60, 4, 30 * 86400
	dsn := testkit.Postgres(t)
	conn := connect(t, dsn)
	events := makeEvents(perRelay)
	var stores []*store.Store
	for range 3 {
		stores = append(stores, testkit.Store(t, dsn))
	}
	var first []*ingest.Page
	for i := range relays {
		first = append(first, pageOf(relayNo(i), noon-month, events...))
	}
	write(t, stores[0], batchOf(first...))
	var sum [3]atomic.Int64
	for round := range rounds {
		exec(t, conn, "UPDATE sighting SET last_seen = first_seen, missing_since = NULL")
		exec(t, conn, "UPDATE coverage SET intervals = '{[0,1000)}'")
		var writers sync.WaitGroup
		for n, s := range stores {
			some := events
			if round%2 == 1 {
				some = nil // else whoever has the sightings has the coverage for itself
			}
			batch := crossing(n, relays, some)
			writers.Go(func() {
				w, err := s.Write(context.Background(), []*ingest.Batch{batch}, options)
				if err != nil {
					t.Errorf("round %d: %v", round, err)
				}
				for i, count := range [...]int{w.Missing, w.Refreshed, w.Revoked} {
					sum[i].Add(int64(count))
				}
			})
		}
		writers.Wait()
	}
	for i, what := range [...]string{"marked", "refreshed", "revoked"} {
		if got := sum[i].Load(); got < rounds {
			t.Errorf("%s: got %d in %d rounds, want many, or the writers never met", what, got, rounds)
		}
	}
}

func relayNo(i int) string { return fmt.Sprintf("wss://r%d.example.com", i) }

// crossing is what one of several writers has to say: of the relays of its kind, even or odd, it saw all events and has a
// proof; at the others it missed them and takes the proof back. Every second writer says it in reverse.
func crossing(n, relays int, events []event.Event) *ingest.Batch {
	batch := batchOf()
	for i := range relays {
		if (i+n)%2 == 0 {
			page := provenPage(relayNo(i), noon-1000, 0, noon)
			page.KnownIds = ids(events...)
			batch.Pages = append(batch.Pages, page)
			continue
		}
		lacking := lackingPage(relayNo(i), noon-500, events...)
		lacking.Filter = `{"kinds":[1]}`
		batch.Pages = append(batch.Pages, lacking)
		batch.Revocations = append(batch.Revocations, revocationOf(relayNo(i), noon-1000, 100, 200).Revocations...)
	}
	if n%2 == 1 {
		slices.Reverse(batch.Pages)
		slices.Reverse(batch.Revocations)
	}
	return batch
}
