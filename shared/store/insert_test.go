package store_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// TestOtherWritersInsertTheSameEvents holds events of the batch in transactions that are not committed yet: the copy waits
// for each of them in turn and is in vain. After one it is made again; after two the events go through the stage.
func TestOtherWritersInsertTheSameEvents(t *testing.T) {
	for _, c := range []struct {
		name   string
		others int
		staged int64
	}{
		{"one writer was faster", 1, 0},
		{"another one as well", 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := testkit.Postgres(t)
			s, conn := testkit.Store(t, dsn), connect(t, dsn)
			events := makeEvents(5)
			byID := slices.SortedFunc(slices.Values(events), func(a, b event.Event) int { return bytes.Compare(a.ID[:], b.ID[:]) })
			var others []pgx.Tx
			for i := range c.others {
				others = append(others, hold(t, dsn, byID[2+i]))
			}
			done := make(chan store.Written, 1)
			go func() {
				w, err := s.Write(t.Context(), []*ingest.Batch{batchOf(pageOf(relayA, noon, events...))}, options)
				if err != nil {
					t.Error(err)
				}
				done <- w
			}()
			for i, other := range others {
				testkit.Until(t, "the copy to wait for a writer", func() bool {
					return number(t, conn, `SELECT count(*) FROM pg_locks w JOIN pg_locks h ON h.transactionid = w.transactionid AND h.granted
						WHERE NOT w.granted AND h.pid = $1`, int64(other.Conn().PgConn().PID())) > 0
				})
				if err := other.Commit(t.Context()); err != nil {
					t.Fatalf("commit of writer %d: %v", i, err)
				}
			}
			var w store.Written
			select {
			case w = <-done:
			case <-time.After(time.Minute):
				t.Fatal("Write: got no end a minute after the other writers'")
			}
			expect(t, "collided", w.Collided, true)
			expect(t, "new events", w.Events, 5-c.others)
			expect(t, "known events", w.Known, c.others)
			expect(t, "sightings", w.Sightings, 5)
			expect(t, "rows", number(t, conn, "SELECT count(DISTINCT event_no) FROM event"), 5)
			expect(t, "stages", number(t, conn, "SELECT count(*) FROM pg_class WHERE relname = 'stage_event_2'"), c.staged)
		})
	}
}

// hold inserts an event in a transaction that stays open.
func hold(t *testing.T, dsn string, e event.Event) pgx.Tx {
	t.Helper()
	tx, err := connect(t, dsn).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig, tag_hashes)
		VALUES ($1, $2, $3, 1, '[]', '', $4, '{}')`, e.ID[:], e.PubKey[:], e.CreatedAt, e.Sig[:]); err != nil {
		t.Fatal(err)
	}
	return tx
}
