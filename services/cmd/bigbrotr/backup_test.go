package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bigbrotr/bigbrotr-go/proto/ingest"
	"github.com/bigbrotr/bigbrotr-go/shared/event"
	"github.com/bigbrotr/bigbrotr-go/shared/pgd"
	"github.com/bigbrotr/bigbrotr-go/shared/store"
	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// cluster starts a Postgres of the test's own in a place that its user can reach.
func cluster(t *testing.T, home, archive string) *pgd.Server {
	t.Helper()
	server := pgd.New(pgd.Config{Dir: home, Archive: archive, Settings: map[string]string{"fsync": "off"}}, testkit.Log(t))
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

func places(t *testing.T, names ...string) (dirs []string) {
	t.Helper()
	root, err := os.MkdirTemp("", "bigbrotr-backup-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a leftover in the temporary directory is no test failure
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		dirs = append(dirs, filepath.Join(root, name))
	}
	return dirs
}

func archiveMore(t *testing.T, dsn string, from, n int) {
	t.Helper()
	s, err := store.Open(store.Config{URL: testkit.WriterURL(dsn), Service: "test"}, testkit.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var events []event.Event
	for i := from; i < from+n; i++ {
		events = append(events, backupKey.Sign(int64(1_700_000_000+i), 1, nil, fmt.Sprint("event ", i)))
	}
	page := &ingest.Page{Parts: 1, Relay: "wss://a.example.com", Filter: "{}", Since: events[0].CreatedAt, Until: events[n-1].CreatedAt,
		Proof: ingest.Proof_PROOF_EOSE, SeenAt: 1_750_000_000, Events: wire(events)}
	if _, err := s.Write(t.Context(), []*ingest.Batch{{Pages: []*ingest.Page{page}}}, store.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

var backupKey = event.GenerateKey()

// owners are who owns and who may do what, as psql shows it.
const owners = `SELECT c.relname || ' ' || pg_get_userbyid(c.relowner) || ' ' || coalesce(c.relacl::text, '') AS row
	FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1`

// ourRoles counts the roles that the migrations made.
const ourRoles = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'bigbrotr_%'"

// TestPointInTimeRestore copies a cluster while it runs, archives more, loses it all, and restores it to the moment before
// from the copy and the WAL: rows, roles, owners and grants are those of that moment.
func TestPointInTimeRestore(t *testing.T) {
	dirs := places(t, "first", "wal", "base", "second")
	first := cluster(t, dirs[0], dirs[1])
	dsn := first.URL("postgres")
	if _, err := store.Migrate(t.Context(), dsn, testkit.Log(t)); err != nil {
		t.Fatal(err)
	}
	archiveMore(t, dsn, 0, 200)
	environ := []string{"DATABASE_URL=" + testkit.WriterURL(dsn), "DATABASE_READ_URL=" + testkit.ReaderURL(dsn), "DATABASE_OWNER_URL=" + dsn}
	if _, stderr, code := bigbrotr(t, "", environ, "backup", "take", dirs[2]); code != 0 {
		t.Fatalf("backup take: got exit code %d, %s, want 0", code, stderr)
	}
	archiveMore(t, dsn, 200, 300)
	before, roles := testkit.Rows[struct{ Row string }](t, dsn, owners), testkit.Number(t, dsn, ourRoles)
	testkit.Exec(t, dsn, "SELECT pg_create_restore_point('before the accident')")
	testkit.Exec(t, dsn, "DELETE FROM event; DROP TABLE coverage CASCADE; DROP OWNED BY bigbrotr_reader")
	wal := testkit.Rows[struct{ Name string }](t, dsn, "SELECT pg_walfile_name(pg_switch_wal())")[0].Name
	testkit.Until(t, "the last WAL is archived", func() bool { _, err := os.Stat(filepath.Join(dirs[1], wal)); return err == nil })
	first.Stop()

	restore(t, dirs[2], dirs[3], dirs[1])
	second := cluster(t, dirs[3], "")
	dsn = second.URL("postgres")
	for query, want := range map[string]int64{"SELECT count(*) FROM event": 500, "SELECT count(*) FROM sighting": 500,
		"SELECT count(*) FROM coverage": 1, ourRoles: roles} {
		if got := testkit.Number(t, dsn, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
	if after := testkit.Rows[struct{ Row string }](t, dsn, owners); fmt.Sprint(after) != fmt.Sprint(before) || len(after) < 20 {
		t.Errorf("owners and grants: got %v, want those of before", after)
	}
	verifyBackup(t, dsn)
}

// restore does what the page about backups says.
func restore(t *testing.T, base, home, wal string) {
	t.Helper()
	data := filepath.Join(home, "data")
	err := errors.Join(os.MkdirAll(home, 0o755), os.Rename(base, data), os.WriteFile(filepath.Join(data, "recovery.signal"), nil, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(data, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, "restore_command = 'cp \"%s/%%f\" \"%%p\"'\nrecovery_target_name = 'before the accident'\nrecovery_target_action = 'promote'\n", wal)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// verifyBackup has the verb look at a whole archive, and at one that is broken in each way that it knows.
func verifyBackup(t *testing.T, dsn string) {
	t.Helper()
	environ := []string{"DATABASE_URL=" + testkit.ReaderURL(dsn)}
	var report struct {
		Good              bool
		Events, Sightings int64
	}
	stdout, stderr, code := bigbrotr(t, "", environ, "backup", "verify", "-o", "json")
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 0 || !report.Good || report.Events < 500 || report.Sightings < 500 {
		t.Errorf("backup verify: got exit code %d, %s%s, %v, want a whole archive", code, stdout, stderr, err)
	}
	for _, c := range []struct{ broken, mended, says string }{
		{"REVOKE SELECT ON event FROM bigbrotr_reader", "GRANT SELECT ON event TO bigbrotr_reader", ""}, // it cannot look at all
		{"REVOKE INSERT ON event FROM bigbrotr_writer", "GRANT INSERT ON event TO bigbrotr_writer", "grant of INSERT on event"},
		{"ALTER TABLE visit OWNER TO bigbrotr_writer", "ALTER TABLE visit OWNER TO bigbrotr; GRANT SELECT, INSERT, UPDATE ON visit TO bigbrotr_writer", "1 objects of another owner"},
		{"UPDATE event SET content = content || '!'", "UPDATE event SET content = rtrim(content, '!')", "differ"},
		{"UPDATE event SET sig = set_byte(sig, 0, 255 - get_byte(sig, 0))", "UPDATE event SET sig = set_byte(sig, 0, 255 - get_byte(sig, 0))", "differ"},
		{"UPDATE coverage SET relay_no = 1000000", "UPDATE coverage SET relay_no = (SELECT relay_no FROM relay)", "1 intervals"},
		{"INSERT INTO tombstone (target, cause, until, entered_at, erased_at) SELECT id, 'event', 0, 1, 1 FROM event LIMIT 1", "DELETE FROM tombstone", "1 tombstones"},
		{"UPDATE sighting SET relay_no = 1000000", "UPDATE sighting SET relay_no = (SELECT relay_no FROM relay)", "without event or relay"},
		{"UPDATE goose_db_version SET version_id = version_id + 1000", "UPDATE goose_db_version SET version_id = version_id - 1000", "schema"},
	} {
		testkit.Exec(t, dsn, c.broken)
		stdout, _, code := bigbrotr(t, "", environ, "backup", "verify")
		if c.says == "" && code == 0 || c.says != "" && (code != mismatch || !wrongLine(stdout, c.says)) {
			t.Errorf("after %q: got exit code %d and %s, want a line with %q that is wrong", c.broken, code, stdout, c.says)
		}
		testkit.Exec(t, dsn, c.mended)
	}
	if stdout, _, code := bigbrotr(t, "", environ, "backup", "verify"); code != 0 {
		t.Errorf("when all is mended: got exit code %d, %s, want 0", code, stdout)
	}
}

func wrongLine(text, says string) bool {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "WRONG") && strings.Contains(line, says) {
			return true
		}
	}
	return false
}
