package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestTagHashIsTheSameInSQL(t *testing.T) {
	conn := connect(t, testkit.Postgres(t))
	for _, value := range []string{"", "nostr", "ä 😀 語", `"\`, "\x01\n", "30023:" + key.PubKey().String() + ":a:b"} {
		for _, letter := range []byte("dtEZ") {
			got := number(t, conn, "SELECT tag_hash($1, $2)", string(letter), value)
			if want := event.TagHash(letter, value); got != want {
				t.Errorf("tag_hash(%c, %q): got %d, want %d", letter, value, got, want)
			}
		}
	}
}

// TestEventsByTagChecksTheTags gives events the hashes of tags that they do not have, as a collision would.
func TestEventsByTagChecksTheTags(t *testing.T) {
	dsn := testkit.Postgres(t)
	has := key.Sign(1, 1, [][]string{{"t", "nostr"}, {"e", "x"}}, "has it")
	events := []event.Event{
		has, key.Sign(2, 1, [][]string{{"t", "other"}}, "collides"), key.Sign(3, 1, [][]string{{"e", "t", "nostr"}, {"t"}, {"x", "nostr"}}, "collides"),
		key.Sign(4, 1, nil, "collides"), key.Sign(5, 1, [][]string{{"t", "nostr"}, {"-"}}, "hidden"),
		key.Sign(6, 1, [][]string{{"e", `["t","nostr"]`}, {"e", `[`, `t","nostr"`}, {"t", "nostr "}, {"t", `nostr"`}}, "collides"),
	}
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, events...)))
	conn := connect(t, dsn)
	exec(t, conn, "UPDATE event SET tag_hashes = tag_hashes || $1::bigint", event.TagHash('t', "nostr"))
	expect(t, "hashes that match", number(t, conn, "SELECT count(*) FROM events WHERE tag_hashes @> ARRAY[tag_hash('t', 'nostr')]"), 5)
	expect(t, "events by tag", served(t, testkit.ReaderURL(dsn), "events_by_tag('t', 'nostr')"), "[has it]")
	expect(t, "events by another letter", len(served(t, dsn, "events_by_tag('T', 'nostr')")), 0)
}

// TestEventsByTagFindsEveryValue has values that JSON can write in several ways.
func TestEventsByTagFindsEveryValue(t *testing.T) {
	dsn := testkit.Postgres(t)
	values := []string{"", "ä 😀 語", `"\`, `\u0041`, "\x01\b\f\n\r\t\x1f\x7f", "\u2028\u2029</script>/", `["t","x"]`}
	var events []event.Event
	for i, value := range values {
		events = append(events, key.Sign(int64(i), 1, [][]string{{"e", "t"}, {"t", value, "more"}}, fmt.Sprint(i)))
	}
	write(t, testkit.Store(t, dsn), batchOf(pageOf(relayA, noon, events...)))
	conn := connect(t, dsn)
	for i, value := range values {
		if got := number(t, conn, "SELECT coalesce(sum(content::int), -1) FROM events_by_tag('t', $1)", value); got != int64(i) {
			t.Errorf("events_by_tag('t', %q): got %d, want only event %d", value, got, i)
		}
	}
}

// TestEventsByTagUsesTheIndex fails when the function is no longer inlined into the query that calls it.
func TestEventsByTagUsesTheIndex(t *testing.T) {
	dsn := testkit.Postgres(t)
	exec(t, connect(t, dsn), `INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig, tag_hashes)
		SELECT sha256(i::text::bytea), sha256('a'), i, 1, '[]', '', decode(repeat('00', 64), 'hex'), ARRAY[i] FROM generate_series(1, 20000) AS i; ANALYZE event`)
	type line struct{ Text string }
	plan := fmt.Sprint(testkit.Rows[line](t, dsn, "EXPLAIN SELECT id FROM events_by_tag('t', 'nostr') ORDER BY created_at DESC LIMIT 10"))
	if !strings.Contains(plan, "event_tag_hashes") {
		t.Errorf("plan: got %s, want the index event_tag_hashes in it", plan)
	}
}
