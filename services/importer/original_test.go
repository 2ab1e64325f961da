package importer_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/subject"
	"github.com/bigbrotr/bigbrotr-go/services/importer"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// theirs is the part of the original's schema that is read, made anew from its description: URLs as keys, events with their
// tags as jsonb and a column that is generated from these, a row for each event and relay.
const theirs = `DROP SCHEMA public CASCADE; CREATE SCHEMA public;
	CREATE TABLE relay (url text PRIMARY KEY, network text NOT NULL, discovered_at bigint NOT NULL);
	CREATE FUNCTION tags_to_tagvalues(jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS
		$$ SELECT array_agg(t ->> 1) FROM jsonb_array_elements($1) AS t WHERE length(t ->> 0) = 1 $$;
	CREATE TABLE event (id bytea PRIMARY KEY, pubkey bytea NOT NULL, created_at bigint NOT NULL, kind integer NOT NULL, tags jsonb,
		tagvalues text[] GENERATED ALWAYS AS (tags_to_tagvalues(tags)) STORED, content text, sig bytea);
	CREATE TABLE event_relay (event_id bytea NOT NULL REFERENCES event, relay_url text NOT NULL REFERENCES relay, seen_at bigint NOT NULL,
		PRIMARY KEY (event_id, relay_url));
	INSERT INTO relay VALUES ('wss://a.example.com', 'clearnet', 1600000000), ('wss://B.example.com:443/', 'clearnet', 1600000001),
		('not a url', 'clearnet', 5)`

// original fills a database of the original with events, each seen by both relays.
func original(t *testing.T, events []event.Event) (dsn string, kept []event.Event) {
	t.Helper()
	dsn = testkit.Postgres(t)
	testkit.Exec(t, dsn, theirs)
	for _, e := range events {
		tags, content, exact := e.Text()
		if !exact && bytes.Contains(e.Raw(), []byte(`\u0000`)) || bytes.Contains(e.Raw(), []byte{0}) {
			continue // the original could not hold it
		}
		kept = append(kept, e)
		testkit.Rows[struct{ Row int }](t, dsn, `INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig)
			VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7) RETURNING 1`, e.ID[:], e.PubKey[:], e.CreatedAt, int32(e.Kind), tags, content, e.Sig[:])
	}
	testkit.Exec(t, dsn, `INSERT INTO event_relay SELECT id, url, 1700000000 + length(url) FROM event, relay WHERE url <> 'not a url'`)
	return dsn, kept
}

func (p *place) importOriginal(ctx context.Context, dsn string) (importer.Report, error) {
	p.Helper()
	from, err := store.OpenOriginal(dsn, testkit.Log(p.T))
	if err != nil {
		p.Fatal(err)
	}
	defer from.Close()
	return importer.New(p.bus, testkit.Log(p.T)).Run(ctx, &importer.Original{Store: from, Parser: relay.Parser{}}, false)
}

// TestTheOriginalIsImported reads real events out of the original's schema: every one that its columns give back is here with
// its sightings at their time, and the others are counted.
func TestTheOriginalIsImported(t *testing.T) {
	events := []event.Event{key.Sign(5, 1, [][]string{{"t", "x"}, {}, {"e", ""}}, "<b> & \u2028 \\ \" \n"), key.Sign(6, 0, nil, "")}
	text, err := os.ReadFile("../../../shared/data/events/valid.jsonl")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if e, err := event.Parse(line); err == nil && event.Classify(e.Kind) != event.Ephemeral && e.Kind != 22242 {
			events = append(events, e)
		}
	}
	dsn, kept := original(t, events)
	testkit.Exec(t, dsn, `INSERT INTO event (id, pubkey, created_at, kind) VALUES (sha256('light'), sha256('x'), 1, 1);
		INSERT INTO event (id, pubkey, created_at, kind, tags, content, sig) SELECT sha256('altered'), pubkey, created_at, kind, tags, content || '!', sig FROM event WHERE created_at = 5`)
	p := newPlace(t)
	report, err := p.importOriginal(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	p.expect("rows", report.Lines, 3+len(kept)+2)
	p.expect("refused", []int64{report.Refused["bad_relay"].Count, report.Refused["without_content"].Count, report.Refused["id_mismatch"].Count}, "[1 1 1]")
	if report.Events != int64(len(kept)) {
		t.Errorf("events: got %d, want all %d", report.Events, len(kept))
	}
	p.write()
	p.expect("events", p.number("SELECT count(*) FROM event"), len(kept))
	for url, seen := range map[string]int64{"wss://a.example.com": 1700000019, "wss://b.example.com": 1700000024} {
		p.expect("sightings on "+url, p.number("SELECT count(*) FROM sightings WHERE relay = $1 AND first_seen = $2 AND last_seen = $2", url, seen), len(kept))
	}
	p.expect("accepted when discovered", p.number("SELECT accepted_at FROM relay WHERE url = 'wss://b.example.com'"), 1600000001)
	p.expect("quarantine", p.number("SELECT count(*) FROM quarantine"), 1)
	p.expect("what is there of the original", testkit.Number(t, dsn, "SELECT count(*) FROM event"), len(kept)+2)
}

// TestTheOriginalIsGoneOnWith interrupts an import between two pages of events.
func TestTheOriginalIsGoneOnWith(t *testing.T) {
	var events []event.Event
	for i := range 1100 {
		events = append(events, key.Sign(int64(i), 1, nil, "x"))
	}
	dsn, _ := original(t, events)
	p := newPlace(t)
	if report := p.interrupted(dsn); report.Events < 1100 {
		t.Errorf("gone on with: got %d events, want 1100", report.Events)
	}
	p.write()
	p.expect("events", p.number("SELECT count(*) FROM event"), 1100)
	p.expect("sightings", p.number("SELECT count(*) FROM sighting"), 2200)
}

// interrupted imports the original, is interrupted when something is on INGEST, and goes on.
func (p *place) interrupted(dsn string) importer.Report {
	p.Helper()
	ctx, cancel := context.WithCancel(p.Context())
	defer cancel()
	go func() {
		testkit.Until(p.T, "something is on INGEST", func() bool { return testkit.Messages(p.T, p.bus, subject.StreamIngest) > 1 })
		cancel()
	}()
	report, err := p.importOriginal(ctx, dsn)
	if err == nil {
		p.Logf("the import of %d lines was faster than its interruption", report.Lines)
		return report
	}
	if !errors.Is(err, importer.ErrInterrupted) {
		p.Fatal(err)
	}
	if report, err = p.importOriginal(p.Context(), dsn); err != nil || !report.Resumed {
		p.Errorf("gone on with: got resumed %t, %v, want it", report.Resumed, err)
	}
	return report
}

func TestAnotherSchemaIsRefused(t *testing.T) {
	p := newPlace(t)
	if _, err := p.importOriginal(t.Context(), p.dsn); err == nil {
		t.Error("our own archive as the original: got no error, want one")
	}
}
