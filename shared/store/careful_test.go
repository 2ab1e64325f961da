package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// poison makes Postgres refuse one event as it would refuse a bad value.
func poison(id event.ID) string {
	return fmt.Sprintf(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF NEW.id = '\x%s' THEN RAISE EXCEPTION 'poison' USING ERRCODE = '22023'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER refuse BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse()`, id)
}

func TestOnePoisonedEventCostsItselfAlone(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(100)
	exec(t, conn, poison(events[61].ID))
	batches := []*ingest.Batch{batchOf(pageOf(relayA, noon, events[:50]...)), batchOf(pageOf(relayA, noon, events[50:]...))}
	batches[1].Checks = []*ingest.Check{checkOf(relayA, noon, "{}")}

	_, err := s.Write(t.Context(), batches, options)
	if store.Classify(err) != store.Data {
		t.Fatalf("Write of a poisoned batch: got class %s (%v), want data", store.Classify(err), err)
	}
	expect(t, "events after the refused write", number(t, conn, "SELECT count(*) FROM event"), 0)

	w, err := s.WriteCarefully(t.Context(), batches, options)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "events", w.Events, 99)
	expect(t, "archived", len(w.Archived), 99)
	expect(t, "quarantined", w.Quarantined, 1)
	expect(t, "intervals", w.Intervals, 2)
	expect(t, "checks", len(w.Checks), 1)
	expect(t, "pages", w.Pages, 2)
	expect(t, "known", w.Known, 0)
	expect(t, "batch of the last event", w.Archived[98].Batch, 1)
	var raw []byte
	var reason string
	if err := conn.QueryRow(t.Context(), "SELECT raw, reason FROM quarantine").Scan(&raw, &reason); err != nil {
		t.Fatal(err)
	}
	kept, err := event.Parse(raw)
	if err != nil || kept.ID != events[61].ID || !kept.CheckSignature() || reason != "22023 poison" {
		t.Errorf("quarantine: got %v, %q, %v, want event 61 and 22023", kept.ID, reason, err)
	}
	expect(t, "rows of event", number(t, conn, "SELECT count(*) FROM event"), 99)
}

func TestCarefulWriteKeepsForgeriesApart(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	events := makeEvents(8)
	exec(t, conn, poison(events[2].ID))
	page := pageOf(relayA, noon, events...)
	page.Events[5].Tags = []byte(`[["forged"]]`)
	w, err := s.WriteCarefully(t.Context(), []*ingest.Batch{batchOf(page)}, options)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "events", w.Events, 6)
	expect(t, "quarantined", w.Quarantined, 2)
	expect(t, "intervals", w.Intervals, 1)
	expect(t, "intervals refused", w.IntervalsRefused, 0)
}

func TestRefusedReportsAreQuarantined(t *testing.T) {
	dsn := testkit.Postgres(t)
	s, conn := testkit.Store(t, dsn), connect(t, dsn)
	batch := batchOf(pageOf(relayA, noon, makeEvents(2)...))
	bad := checkOf(relayB, noon, "{}")
	bad.State = "no such state"
	batch.Checks = []*ingest.Check{checkOf(relayA, noon, "{}"), bad}
	batch.Relays = []*ingest.Relay{{Url: "not a relay", Network: "clearnet"}}
	if _, err := s.Write(t.Context(), []*ingest.Batch{batch}, options); store.Classify(err) != store.Data {
		t.Fatalf("Write: got %v, want a data error", err)
	}
	w, err := s.WriteCarefully(t.Context(), []*ingest.Batch{batch}, options)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "events", w.Events, 2)
	expect(t, "quarantined", w.Quarantined, 2)
	expect(t, "states", number(t, conn, "SELECT count(*) FROM relay_state"), 1)
}

func TestClassify(t *testing.T) {
	for code, want := range map[string]store.Class{
		"08006": store.Infrastructure, "53100": store.Infrastructure, "57P01": store.Infrastructure, "58030": store.Infrastructure,
		"25006": store.Infrastructure, "XX001": store.Infrastructure, "28P01": store.Infrastructure,
		"42501": store.Infrastructure, "25P03": store.Infrastructure,
		"40001": store.Contention, "40P01": store.Contention, "55P03": store.Contention,
		"22021": store.Data, "22P05": store.Data, "54000": store.Data, "23514": store.Data,
		"42P01": store.Programming, "23502": store.Programming, "55000": store.Programming, "": store.Programming,
	} {
		err := fmt.Errorf("write: %w", &pgconn.PgError{Code: code})
		if got := store.Classify(err); got != want {
			t.Errorf("Classify(%s): got %s, want %s", code, got, want)
		}
	}
	if got := store.Classify(errors.New("no idea")); got != store.Programming {
		t.Errorf("Classify of an unknown error: got %s, want programming", got)
	}
	unreachable, err := store.Open(store.Config{URL: "postgres://nobody@127.0.0.1:1/x"}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer unreachable.Close()
	if _, err := unreachable.Signatures(t.Context(), []event.ID{{}}); store.Classify(err) != store.Infrastructure {
		t.Errorf("Classify(%v): got %s, want infrastructure", err, store.Classify(err))
	}
}
