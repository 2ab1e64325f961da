package importer_test

import (
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/shared/relay"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// theirHistory is what the original's monitor keeps, made anew from its description: envelopes by content, and a row for each
// relay, time and type.
const theirHistory = `CREATE TABLE metadata (id bytea NOT NULL, type text NOT NULL, data jsonb NOT NULL, PRIMARY KEY (id, type));
	CREATE TABLE relay_metadata (relay_url text NOT NULL REFERENCES relay, metadata_id bytea NOT NULL, metadata_type text NOT NULL,
		generated_at bigint NOT NULL, PRIMARY KEY (relay_url, generated_at, metadata_type),
		FOREIGN KEY (metadata_id, metadata_type) REFERENCES metadata (id, type))`

// finding adds a row to a database that has theirHistory.
func finding(t *testing.T, dsn, url string, at int64, kind, envelope string) {
	t.Helper()
	testkit.Rows[struct{ Row int }](t, dsn, `WITH m AS (INSERT INTO metadata VALUES (sha256(convert_to($4, 'UTF8')), $3, $4::text::jsonb) ON CONFLICT DO NOTHING)
		INSERT INTO relay_metadata VALUES ($1, sha256(convert_to($4, 'UTF8')), $3, $2) RETURNING 1`, url, at, kind, envelope)
}

// TestTheHistoryOfTheOriginalIsImported reads documents and round-trip times, and counts what is neither.
func TestTheHistoryOfTheOriginalIsImported(t *testing.T) {
	dsn, _ := original(t, nil)
	testkit.Exec(t, dsn, theirHistory)
	first, other := `{"data":{"name":"one <b>","supported_nips":[1,11]},"logs":{"success":true}}`, `{"data":{"name":"two"},"logs":{"success":true}}`
	for i, envelope := range []string{first, first, first, other, first} {
		finding(t, dsn, "wss://a.example.com", 1700000000+int64(i)*100, "nip11_info", envelope)
	}
	finding(t, dsn, "wss://a.example.com", 1700000500, "nip11_info", `{"data":{},"logs":{"success":false,"reason":"timeout"}}`)
	finding(t, dsn, "wss://a.example.com", 1700000600, "nip11_info", `{"data":{"name":"`+strings.Repeat("x", relay.MaxInfo)+`"},"logs":{"success":true}}`)
	finding(t, dsn, "wss://B.example.com:443/", 1700000000, "nip66_rtt",
		`{"data":{"rtt_open":120,"rtt_read":7},"logs":{"open_success":true,"read_success":true,"write_success":false,"write_reason":"no \u202e pay"}}`)
	finding(t, dsn, "wss://B.example.com:443/", 1700000100, "nip66_rtt", `{"data":{},"logs":{"open_success":false,"open_reason":"down"}}`)
	finding(t, dsn, "wss://B.example.com:443/", 1700000200, "nip66_rtt", `{"rtt_open":5}`)
	finding(t, dsn, "wss://B.example.com:443/", 0, "nip66_rtt", `{"data":{"rtt_open":5},"logs":{}}`)
	finding(t, dsn, "wss://a.example.com", 1700000000, "nip66_ssl", `{"data":{"ssl_valid":true},"logs":{"success":true}}`)
	finding(t, dsn, "wss://a.example.com", 1700000000, "\x1b[31m", `{}`)
	finding(t, dsn, "not a url", 1700000000, "nip66_rtt", `{"data":{"rtt_open":5},"logs":{"open_success":true}}`)

	p := newPlace(t)
	report, err := p.importOriginal(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	p.expect("lines", report.Lines, 3+14)
	p.expect("handed over", asJSON(report.Tables), `{"checks":4,"documents":5,"relays":2}`)
	p.expect("left out", asJSON(report.Skipped), `{"finding of another type":1,"finding on a relay whose URL is none":1,`+
		`"nip11_info with nothing to import":2,"nip66_rtt at an impossible time":1,"nip66_rtt with nothing to import":1,"nip66_ssl":1}`)
	p.write()
	p.expect("versions", testkit.Rows[struct {
		Relay, Vantage, Type string
		First, Last          int64
		Name                 string
	}](t, p.dsn, `SELECT url, vantage, type, first_seen, last_seen, convert_from(body, 'UTF8')::jsonb ->> 'name'
		FROM relay_document JOIN document USING (document_no) JOIN relay USING (relay_no) ORDER BY first_seen`),
		"[{wss://a.example.com bigbrotr nip11 1700000000 1700000200 one <b>} {wss://a.example.com bigbrotr nip11 1700000300 1700000300 two} "+
			"{wss://a.example.com bigbrotr nip11 1700000400 1700000400 one <b>}]")
	p.expect("bytes", p.number(`SELECT count(*) FROM document WHERE body = '{"name":"two"}'`), 1)
	p.expect("checks", testkit.Rows[struct{ Row string }](t, p.dsn, `SELECT concat_ws(' ', relay, vantage, checked_at, check_name, ok, rtt_ms, reason, text) AS row
		FROM relay_checks ORDER BY checked_at, check_name`),
		"[{wss://b.example.com bigbrotr 1700000000 open t 120} {wss://b.example.com bigbrotr 1700000000 read t 7} "+
			"{wss://b.example.com bigbrotr 1700000000 write f failed no   pay} {wss://b.example.com bigbrotr 1700000100 open f failed down}]")
	p.expect("states", p.number("SELECT count(*) FROM relay_state"), 0)
}

// TestTheHistoryIsGoneOnWith interrupts an import between two pages of findings.
func TestTheHistoryIsGoneOnWith(t *testing.T) {
	dsn, _ := original(t, nil)
	testkit.Exec(t, dsn, theirHistory+`;
		INSERT INTO metadata SELECT sha256('r'), 'nip66_rtt', '{"data":{"rtt_open":9},"logs":{"open_success":true}}';
		INSERT INTO metadata SELECT sha256('d'), 'nip11_info', '{"data":{"name":"a"},"logs":{"success":true}}';
		INSERT INTO relay_metadata SELECT url, sha256('r'), 'nip66_rtt', 1700000000 + i FROM relay, generate_series(1, 1200) AS i WHERE url <> 'not a url';
		INSERT INTO relay_metadata SELECT url, sha256('d'), 'nip11_info', 1700000000 + i FROM relay, generate_series(1, 1200) AS i WHERE url <> 'not a url'`)
	p := newPlace(t)
	if report := p.interrupted(dsn); report.Lines < 3+4800 {
		t.Errorf("gone on with: got %d lines, want 4803", report.Lines)
	}
	p.write()
	p.expect("checks", p.number("SELECT count(*) FROM relay_checks WHERE rtt_ms = 9"), 2400)
	p.expect("versions", p.number("SELECT count(*) FROM relay_document WHERE first_seen = 1700000001 AND last_seen = 1700001200"), 2)
}
