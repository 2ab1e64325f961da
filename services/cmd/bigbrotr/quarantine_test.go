package main

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

func TestQuarantineIsListedRetriedAndDiscarded(t *testing.T) {
	dsn, environ, drained := archive(t)
	environ = append(environ, "DATABASE_ERASER_URL="+testkit.EraserURL(dsn))
	key := event.GenerateKey()
	served, loose := key.Sign(1, 1, nil, "served"), key.Sign(2, 1, nil, "loose")
	forged := key.Sign(3, 1, nil, "forged")
	forged.Sig[5] ^= 1
	part, err := proto.Marshal(&ingest.Batch{Visits: []*ingest.Visit{{Relay: "wss://b.example.com", Vantage: "main", Job: "sync", StartedAt: 5,
		EndedAt: 6, Outcome: "done"}}})
	if err != nil {
		t.Fatal(err)
	}
	const add = "INSERT INTO quarantine (sha256, raw, reason, relay, quarantined_at) SELECT sha256(r), r, 'test', $2, 1790000000 FROM (VALUES ($1::bytea)) AS v (r) RETURNING quarantine_no"
	relay := "wss://a.example.com"
	rows := []struct {
		raw   []byte
		relay *string
	}{{served.AppendJSON(nil), &relay}, {loose.AppendJSON(nil), nil}, {part, nil}, {forged.AppendJSON(nil), &relay}, {[]byte("junk \xff\x1b[31m"), nil}}
	for i, row := range rows {
		if no := testkit.Number(t, dsn, add, row.raw, row.relay); no != int64(i+1) {
			t.Fatalf("number of a row: got %d, want %d", no, i+1)
		}
	}
	list, _, code := bigbrotr(t, "", environ, "quarantine", "ls", "-o", "json")
	if code != 0 || strings.Count(list, "\n") != len(rows) || !strings.Contains(list, `"relay":"wss://a.example.com"`) {
		t.Errorf("quarantine ls: got exit code %d, %s, want every row", code, list)
	}
	if some, _, _ := bigbrotr(t, "", environ, "quarantine", "ls", "--relay", relay, "--from", "2"); strings.Count(some, "\n") != 2 {
		t.Errorf("quarantine ls of a relay from 2: got %s, want one row below its heading", some)
	}
	if shown, _, code := bigbrotr(t, "", environ, "quarantine", "show", "1"); code != 0 || !strings.Contains(shown, `"raw":"{\"id\"`) {
		t.Errorf("quarantine show 1: got exit code %d, %s, want the event", code, shown)
	}
	if shown, _, code := bigbrotr(t, "", environ, "quarantine", "show", "5"); code != 0 || !strings.Contains(shown, `"raw_base64":"anVuayD/`) {
		t.Errorf("quarantine show 5: got exit code %d, %q, want its bytes in base64", code, shown)
	}
	if _, stderr, code := bigbrotr(t, "", environ, "quarantine", "retry", "1", "2", "3"); code != 0 {
		t.Errorf("quarantine retry: got exit code %d, %s, want 0", code, stderr)
	}
	drained()
	for query, want := range map[string]int64{"SELECT count(*) FROM event": 2, "SELECT count(*) FROM sightings WHERE relay = 'wss://a.example.com'": 1,
		"SELECT count(*) FROM relay": 2, "SELECT count(*) FROM coverage": 0, "SELECT count(*) FROM quarantine": 2} {
		if got := testkit.Number(t, dsn, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
	testkit.Exec(t, dsn, "DELETE FROM visit")
	no := testkit.Number(t, dsn, add, part, nil)
	if _, stderr, code := bigbrotr(t, "", environ, "quarantine", "retry", fmt.Sprint(no)); code != 0 {
		t.Errorf("quarantine retry of the same bytes: got exit code %d, %s, want 0", code, stderr)
	}
	drained()
	if got := testkit.Number(t, dsn, "SELECT count(*) FROM visit"); got != 1 {
		t.Errorf("visits after the same bytes were tried again: got %d, want 1", got)
	}
	for _, no := range []string{"4", "5"} {
		if _, stderr, code := bigbrotr(t, "", environ, "quarantine", "retry", no); code != failed || !strings.Contains(stderr, "neither") {
			t.Errorf("quarantine retry %s: got exit code %d, %q, want 1", no, code, stderr)
		}
	}
	if _, _, code := bigbrotr(t, "", environ, "quarantine", "discard", "4", "5"); code != 0 {
		t.Errorf("quarantine discard: got exit code %d, want 0", code)
	}
	for _, verb := range []string{"show", "retry", "discard"} {
		if _, _, code := bigbrotr(t, "", environ, "quarantine", verb, "4"); code != notFound {
			t.Errorf("quarantine %s of nothing: got exit code %d, want 3", verb, code)
		}
	}
}
