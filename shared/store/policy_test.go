package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// served returns the contents of the events that a view shows, sorted.
func served(t testing.TB, dsn, view string) (contents []string) {
	t.Helper()
	type row struct{ Content string }
	for _, r := range testkit.Rows[row](t, dsn, "SELECT content FROM "+view+" ORDER BY content COLLATE \"C\"") {
		contents = append(contents, r.Content)
	}
	return contents
}

// TestDeletionsHideInAnyOrder writes deletions and what they name in many orders; what is served is the same each time.
func TestDeletionsHideInAnyOrder(t *testing.T) {
	const at = 1_700_000_000
	stranger := event.GenerateKey()
	me := key.PubKey().String()
	byID := key.Sign(at, 1, nil, "deleted by id")
	newerByID := key.Sign(at+50, 1, nil, "deleted by id, though newer than the deletion")
	foreign := key.Sign(at, 1, nil, "kept: a stranger deleted it")
	old := key.Sign(at, 30023, [][]string{{"d", "a"}}, "deleted by address")
	fresh := key.Sign(at+20, 30023, [][]string{{"d", "a"}}, "kept: newer than the deletion of its address")
	other := key.Sign(at, 30023, [][]string{{"d", "b"}}, "kept: another d tag")
	profile := key.Sign(at, 0, nil, "deleted by replaceable address")
	expired := key.Sign(at, 1, [][]string{{"expiration", fmt.Sprint(at + 1)}}, "expired")
	lasting := key.Sign(at, 1, [][]string{{"expiration", "99999999999"}}, "kept: expires later")
	protected := key.Sign(at, 1, [][]string{{"-"}}, "protected")
	deletion := key.Sign(at+10, 5, [][]string{{"e", byID.ID.String()}, {"e", newerByID.ID.String()}, {"a", "30023:" + me + ":a"},
		{"a", "0:" + me + ":"}}, "kept: a deletion")
	again := key.Sign(at+11, 5, [][]string{{"e", deletion.ID.String()}}, "kept: deletes a deletion")
	foreignDeletion := stranger.Sign(at+12, 5, [][]string{{"e", foreign.ID.String()}, {"a", "30023:" + me + ":b"}}, "kept: by a stranger")
	events := []event.Event{byID, newerByID, foreign, old, fresh, other, profile, expired, lasting, protected, deletion, again, foreignDeletion}
	for round := range 4 {
		random := rand.New(rand.NewPCG(uint64(round), 9))
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		dsn := testkit.Postgres(t)
		s := testkit.Store(t, dsn)
		for chunk := range slices.Chunk(slices.Concat(events, events), 1+random.IntN(6)) {
			write(t, s, batchOf(pageOf(relayA, noon, chunk...)))
		}
		for _, content := range served(t, testkit.ReaderURL(dsn), "events") {
			if content[:4] != "kept" {
				t.Errorf("round %d: %q is served, want it hidden", round, content)
			}
		}
		expect(t, "served", len(served(t, testkit.ReaderURL(dsn), "events")), 7)
		expect(t, "of researchers", len(served(t, testkit.ResearcherURL(dsn), "events_all")), len(events))
		hidden := testkit.Rows[struct{ Hidden string }](t, testkit.ResearcherURL(dsn), "SELECT hidden FROM events_all WHERE hidden IS NOT NULL ORDER BY 1")
		expect(t, "why", hidden, "[{deleted} {deleted} {deleted} {deleted} {expired} {protected}]")
	}
}

func TestOnlyResearchersSeeWhatIsHidden(t *testing.T) {
	dsn := testkit.Postgres(t)
	if _, err := connect(t, testkit.ReaderURL(dsn)).Exec(t.Context(), "SELECT FROM events_all"); err == nil {
		t.Error("events_all as the reader: got no error, want a refusal")
	}
	for _, statement := range []string{"DELETE FROM event", "INSERT INTO tombstone VALUES ('', 'event', 0, 0)"} {
		if _, err := connect(t, testkit.ResearcherURL(dsn)).Exec(t.Context(), statement); err == nil {
			t.Errorf("%s as the researcher: got no error, want a refusal", statement)
		}
	}
	for _, statement := range []string{"DELETE FROM takedown", "UPDATE takedown SET reason = 'x'", "DELETE FROM tombstone", "UPDATE event SET kind = 1",
		"INSERT INTO relay (url, network, token, accepted_at) VALUES ('wss://x', 'clearnet', 'x', 1)", "DELETE FROM coverage"} {
		if _, err := connect(t, testkit.EraserURL(dsn)).Exec(t.Context(), statement); err == nil {
			t.Errorf("%s as the eraser: got no error, want a refusal", statement)
		}
	}
	for _, statement := range []string{"DELETE FROM tombstone", "DELETE FROM deletion", "DELETE FROM event", "INSERT INTO takedown (target, cause, reason, entered_by, entered_at) VALUES ('', 'event', 'x', 'x', 1)"} {
		if _, err := connect(t, testkit.WriterURL(dsn)).Exec(t.Context(), statement); err == nil {
			t.Errorf("%s as the writer: got no error, want a refusal", statement)
		}
	}
}

// holds fails if the archive holds anything of these events.
func holdsNothingOf(t testing.TB, dsn string, events ...event.Event) {
	t.Helper()
	conn := connect(t, dsn)
	for _, e := range events {
		expect(t, fmt.Sprintf("rows of %q", e.DecodeContent()), number(t, conn, "SELECT count(*) FROM event WHERE id = $1", e.ID[:]), 0)
	}
	expect(t, "sightings without an event", number(t, conn, "SELECT count(*) FROM sighting s WHERE NOT EXISTS (SELECT FROM event e WHERE e.event_no = s.event_no)"), 0)
}

func TestWhoVanishesIsRemovedAndStaysAway(t *testing.T) {
	const at = 1_700_000_000
	author, friend := event.GenerateKey(), event.GenerateKey()
	me := author.PubKey().String()
	before := author.Sign(at, 1, nil, "before")
	deletion := author.Sign(at, 5, [][]string{{"e", before.ID.String()}}, "deletion")
	wrap := friend.Sign(at, 1059, [][]string{{"p", me}}, "gift wrap")
	notWrap := friend.Sign(at, 1, [][]string{{"p", me}}, "a mention stays")
	request := author.Sign(at+10, 62, [][]string{{"relay", "wss://brotr.example.com/"}}, "request")
	against := author.Sign(at+11, 5, [][]string{{"e", request.ID.String()}}, "has no effect")
	after := author.Sign(at+20, 1, nil, "after")
	elsewhere := friend.Sign(at+10, 62, [][]string{{"relay", "wss://another.example.com"}}, "elsewhere")
	gone, kept := []event.Event{before, deletion, wrap}, []event.Event{notWrap, request, against, after, elsewhere}
	options := options
	options.Service = "wss://brotr.example.com"
	for _, orders := range [][]event.Event{slices.Concat(gone, kept), slices.Concat(kept, gone)} {
		dsn := testkit.Postgres(t)
		s, eraser := testkit.Store(t, dsn), testkit.Eraser(t, dsn)
		for _, e := range orders {
			if _, err := s.Write(t.Context(), []*ingest.Batch{batchOf(pageOf(relayA, noon, e))}, options); err != nil {
				t.Fatal(err)
			}
		}
		atOnce := slices.DeleteFunc(served(t, dsn, "events"), func(content string) bool { return content == "gift wrap" })
		expect(t, "served at once", atOnce, "[a mention stays after elsewhere has no effect request]")
		eraseAll(t, eraser)
		holdsNothingOf(t, dsn, gone...)
		written, err := s.Write(t.Context(), []*ingest.Batch{batchOf(pageOf(relayB, noon, orders...))}, options)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "kept out", written.Removed, len(gone))
		expect(t, "told", len(written.Archived), len(kept))
		expect(t, "intervals", written.Intervals, 1)
		holdsNothingOf(t, dsn, gone...)
		expect(t, "served in the end", served(t, dsn, "events"), "[a mention stays after elsewhere has no effect request]")
	}
}

// eraseAll removes whatever is due and says how much it was.
func eraseAll(t testing.TB, s *store.Store) string {
	t.Helper()
	due, err := s.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var events, sightings, quarantined int
	stones := len(due)
	for _, reach := range due {
		done, err := s.Erase(t.Context(), reach)
		if err == nil {
			err = s.Settle(t.Context(), reach)
		}
		if err != nil {
			t.Fatal(err)
		}
		events, sightings, quarantined = events+done.Events, sightings+done.Sightings, quarantined+done.Quarantined
	}
	if due, err = s.Due(t.Context()); err != nil || len(due) > 0 {
		t.Fatalf("due afterwards: got %v, %v, want nothing", due, err)
	}
	return fmt.Sprintf("%d tombstones, %d events, %d sightings, %d quarantined", stones, events, sightings, quarantined)
}

// take enters a takedown.
func take(t testing.TB, s *store.Store, target [32]byte, author bool) {
	t.Helper()
	err := s.EnterTakedown(t.Context(), store.Takedown{Target: target, Author: author, Reason: "on request", By: "test", At: time.Unix(noon, 0)})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTakedownsRemoveForGood(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, eraser := testkit.Store(t, dsn), testkit.Eraser(t, dsn)
	bad := event.GenerateKey()
	mine := makeEvents(5)
	var theirs []event.Event
	for i := range 2_300 {
		theirs = append(theirs, bad.Sign(int64(1_700_000_000+i), uint16(1+61*(i%2)), nil, fmt.Sprint("bad ", i)))
	}
	everything := slices.Concat(mine, theirs)
	write(t, s, batchOf(pageOf(relayA, noon, everything...)), batchOf(pageOf(relayB, noon, everything...)))
	if err := s.Quarantine(t.Context(), theirs[0].AppendJSON(nil), "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.Quarantine(t.Context(), slices.Concat([]byte("protobuf "), theirs[1].PubKey[:]), "test"); err != nil {
		t.Fatal(err)
	}
	take(t, eraser, bad.PubKey(), true)
	take(t, eraser, mine[2].ID, false)
	expect(t, "served at once", len(served(t, dsn, "events")), 4)
	expect(t, "of researchers at once", len(served(t, dsn, "events_all")), 4)

	expect(t, "erased", eraseAll(t, eraser), "2 tombstones, 2301 events, 4602 sightings, 2 quarantined")
	holdsNothingOf(t, dsn, append(theirs, mine[2])...)

	// The same relays again, with bodies, by known ids and carefully.
	known := pageOf(relayB, noon+1)
	known.KnownIds, known.Since, known.Until = ids(everything...), 5, 6
	w := write(t, s, batchOf(pageOf(relayA, noon+1, everything...)), batchOf(known))
	expect(t, "new, kept out, intervals", fmt.Sprint(w.Events, w.Removed, w.Intervals, w.IntervalsRefused), "0 2301 2 0")
	if _, err := s.WriteCarefully(t.Context(), []*ingest.Batch{batchOf(pageOf(relayA, noon+2, everything...))}, options); err != nil {
		t.Fatal(err)
	}
	holdsNothingOf(t, dsn, append(theirs, mine[2])...)
	signatures, err := testkit.Reader(t, dsn).Signatures(t.Context(), []event.ID{theirs[0].ID, mine[2].ID, mine[0].ID})
	if err != nil || len(signatures) != 3 || signatures[theirs[0].ID] != [64]byte{} || signatures[mine[0].ID] != mine[0].Sig {
		t.Errorf("Signatures: got %d, %v, want what was removed to be known", len(signatures), err)
	}
	list, err := testkit.Reader(t, dsn).Takedowns(t.Context())
	if err != nil || len(list) != 2 || list[0].ErasedAt.IsZero() || list[0].Reason != "on request" || !list[0].Author || list[1].Author {
		t.Errorf("Takedowns: got %v, %v, want both acts", list, err)
	}
}

// TestADeletionOutlivesItsEvent takes a deletion down: what its author deleted stays hidden, whatever became of the words that
// asked for it, and stays so when it comes again.
func TestADeletionOutlivesItsEvent(t *testing.T) {
	const at = 1_700_000_000
	dsn := testkit.Postgres(t)
	s, eraser := testkit.Store(t, dsn), testkit.Eraser(t, dsn)
	note, article := key.Sign(at, 1, nil, "a note"), key.Sign(at, 30023, [][]string{{"d", "a"}}, "an article")
	deletion := key.Sign(at+10, 5, [][]string{{"e", note.ID.String()}, {"a", "30023:" + key.PubKey().String() + ":a"}}, "words that must go")
	write(t, s, batchOf(pageOf(relayA, noon, note, article, deletion)))
	take(t, eraser, deletion.ID, false)
	expect(t, "erased", eraseAll(t, eraser), "1 tombstones, 1 events, 1 sightings, 0 quarantined")
	write(t, s, batchOf(pageOf(relayB, noon, note, article, deletion)))
	holdsNothingOf(t, dsn, deletion)
	expect(t, "served", served(t, testkit.ReaderURL(dsn), "events"), "[]")
	expect(t, "of researchers", served(t, testkit.ResearcherURL(dsn), "events_all"), "[a note an article]")
}

// TestATakedownHidesFromEveryReading takes down an event and an author and reads before anything is erased.
func TestATakedownHidesFromEveryReading(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, eraser, bad := testkit.Store(t, dsn), testkit.Eraser(t, dsn), event.GenerateKey()
	mine, theirs := makeEvents(3), bad.Sign(1_700_000_000, 1, nil, "bad")
	vanished := event.GenerateKey()
	request := vanished.Sign(1_700_000_010, 62, [][]string{{"relay", "ALL_RELAYS"}}, "request")
	write(t, s, batchOf(pageOf(relayA, noon, mine[0], mine[1], mine[2], theirs, vanished.Sign(1_700_000_001, 1, nil, "vanished"))))
	write(t, s, batchOf(pageOf(relayA, noon, request)))
	take(t, eraser, mine[1].ID, false)
	take(t, eraser, bad.PubKey(), true)
	for name, sel := range map[string]store.Selection{
		"by time": {}, "by arrival": {ByArrival: true}, "by id": {IDs: idsOf(mine[0], mine[1], mine[2], theirs, request)}, "what a relay served": {Relay: relayA}, "what may be shown": {Shown: true},
	} {
		var got []event.ID
		if err := testkit.Reader(t, dsn).Events(t.Context(), sel, func(one store.Stored) error { got = append(got, one.Event.ID); return one.Err }); err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || slices.Contains(got, mine[1].ID) || slices.Contains(got, theirs.ID) {
			t.Errorf("%s: got %d events, want the two that are left and the request", name, len(got))
		}
	}
}

func idsOf(events ...event.Event) (out []event.ID) {
	for _, e := range events {
		out = append(out, e.ID)
	}
	return out
}

// TestErasingBesideAWriter lets a writer bring the same events over and over while their author is taken down: whatever
// the moment, nothing is left.
func TestErasingBesideAWriter(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, eraser := testkit.Store(t, dsn), testkit.Eraser(t, dsn)
	bad := event.GenerateKey()
	var theirs []event.Event
	for i := range 200 {
		theirs = append(theirs, bad.Sign(int64(1_700_000_000+i), 1, nil, fmt.Sprint("bad ", i)))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			some := theirs[i%10*20 : i%10*20+20]
			page := pageOf(fmt.Sprintf("wss://r%d.example.com", i%7), noon, some...)
			page.KnownIds = ids(theirs...)
			if _, err := s.Write(t.Context(), []*ingest.Batch{batchOf(page)}, options); err != nil {
				t.Errorf("write beside an erasure: %v", err)
				return
			}
		}
	}()
	conn := connect(t, dsn)
	testkit.Until(t, "all events are there", func() bool { return number(t, conn, "SELECT count(*) FROM event") == 200 })
	take(t, eraser, bad.PubKey(), true)
	eraseAll(t, eraser)
	holdsNothingOf(t, dsn, theirs...)
	close(stop)
	<-stopped
	holdsNothingOf(t, dsn, theirs...)
}
