package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	relayA = "wss://a.example.com"
	relayB = "wss://b.example.com"
	// noon is a time in the middle of a day.
	noon = 1_790_000_000/86400*86400 + 43200
)

var key = event.GenerateKey()

var options = store.WriteOptions{Now: time.Unix(noon, 0)}

// makeEvents signs n events, a second apart.
func makeEvents(n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = key.Sign(int64(1_700_000_000+i), 1, [][]string{{"t", fmt.Sprint("tag", i)}}, fmt.Sprint("event ", i))
	}
	return events
}

func wire(events ...event.Event) (out []*ingest.Event) {
	for _, e := range events {
		out = append(out, &ingest.Event{Id: e.ID[:], Pubkey: e.PubKey[:], Sig: e.Sig[:], CreatedAt: e.CreatedAt,
			Kind: uint32(e.Kind), Tags: e.Tags, Content: e.Content})
	}
	return out
}

func ids(events ...event.Event) (out []byte) {
	for _, e := range events {
		out = append(out, e.ID[:]...)
	}
	return out
}

// pageOf is a page of one part that proves the interval of its events.
func pageOf(relay string, seen int64, events ...event.Event) *ingest.Page {
	p := &ingest.Page{PageId: make([]byte, 16), Parts: 1, Relay: relay, Vantage: "main", Filter: "{}",
		Since: 1, Until: 0, Proof: ingest.Proof_PROOF_EOSE, SeenAt: seen, Events: wire(events...)}
	if len(events) > 0 {
		p.Since, p.Until = events[0].CreatedAt, events[len(events)-1].CreatedAt
	}
	return p
}

func batchOf(pages ...*ingest.Page) *ingest.Batch { return &ingest.Batch{Version: 1, Pages: pages} }

func write(t testing.TB, s *store.Store, batches ...*ingest.Batch) store.Written {
	t.Helper()
	w, err := s.Write(t.Context(), batches, options)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// connect opens a connection as the owner, to look at rows and to break things.
func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// number returns the one number that a query answers with.
func number(t testing.TB, conn *pgx.Conn, query string, args ...any) (n int64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func expect(t testing.TB, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func exec(t testing.TB, conn *pgx.Conn, statement string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}
