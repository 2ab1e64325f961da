package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bigbrotr/bigbrotr-go/shared/testkit"
)

// privileges says what each role may do with each table, view, sequence and function that runs as its owner, a line for each
// that it may do more with than read; who erases reads least, so of him everything. Of single columns it names the columns.
// Partitions come and go with time.
const privileges = `
WITH roles AS (
  SELECT rolname AS role FROM pg_roles WHERE rolname LIKE 'bigbrotr\_%' AND rolname NOT LIKE 'bigbrotr\_template%'
), things AS (
  SELECT oid, relname::text AS name, relkind FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND relname !~ '^relay_check_[0-9]|^goose'
), may AS (
  SELECT role, name, ord, CASE WHEN has_table_privilege(role, oid, word) THEN word ELSE (
      SELECT word || '(' || string_agg(attname, ',' ORDER BY attnum) || ')' FROM pg_attribute
      WHERE attrelid = oid AND attnum > 0 AND NOT attisdropped AND word IN ('SELECT', 'INSERT', 'UPDATE')
        AND has_column_privilege(role, oid, attnum, word)) END AS does
  FROM roles, things, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) WITH ORDINALITY AS w (word, ord)
  WHERE relkind <> 'S'
  UNION ALL
  SELECT role, name, ord, word FROM roles, things, unnest(ARRAY['SELECT', 'USAGE', 'UPDATE']) WITH ORDINALITY AS w (word, ord)
  WHERE relkind = 'S' AND CASE WHEN relkind = 'S' THEN has_sequence_privilege(role, oid, word) END
  UNION ALL
  SELECT role, p.proname || '()', 1, 'EXECUTE' FROM roles, pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.prorettype <> 'trigger'::regtype AND has_function_privilege(role, p.oid, 'EXECUTE')
  UNION ALL
  SELECT role, 'schema public', ord, word FROM roles, unnest(ARRAY['USAGE', 'CREATE']) WITH ORDINALITY AS w (word, ord)
  WHERE has_schema_privilege(role, 'public', word)
  UNION ALL
  SELECT r.rolname, 'itself', ord, word
  FROM pg_roles r JOIN roles ON role = r.rolname, unnest(ARRAY['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS', 'MEMBER'],
    ARRAY[rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)])
    WITH ORDINALITY AS w (word, held, ord)
  WHERE held
)
SELECT format('%s %s: %s', role, name, string_agg(does, ' ' ORDER BY ord)) FROM may WHERE does IS NOT NULL GROUP BY role, name
HAVING role = 'bigbrotr_eraser' OR string_agg(does, '') <> 'SELECT' ORDER BY role, name COLLATE "C"`

// TestPrivileges holds what every role may do against the table of it: a grant too many is as wrong as one that is missing.
func TestPrivileges(t *testing.T) {
	rows, err := connect(t, testkit.Postgres(t)).Query(t.Context(), privileges)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/privileges.txt", strings.Join(lines, "\n")+"\n")
}

// TestRolesMayDoNoMore tries, as each role, what it must not do.
func TestRolesMayDoNoMore(t *testing.T) {
	dsn := testkit.Postgres(t)
	var owner string
	if err := connect(t, dsn).QueryRow(t.Context(), "SELECT quote_ident(tableowner) FROM pg_tables WHERE tablename = 'event'").Scan(&owner); err != nil {
		t.Fatal(err)
	}
	everybody := []string{
		"CREATE TABLE x ()", "TRUNCATE event", "TRUNCATE sighting", "DROP TABLE event", "ALTER TABLE event ADD COLUMN x integer",
		"UPDATE event SET kind = 1", "UPDATE takedown SET reason = 'another'", "DELETE FROM takedown", "DELETE FROM tombstone",
		"DELETE FROM coverage", "CREATE ROLE another", "COPY event TO PROGRAM 'true'", "ALTER SYSTEM SET fsync = off",
		"SET ROLE " + owner, "SELECT pg_read_file('postgresql.conf')", "ALTER TABLE event DISABLE TRIGGER events_added",
	}
	for role, more := range map[string][]string{
		testkit.ReaderURL(dsn): {"INSERT INTO filter (sha256, filter) VALUES ('', '')", "DELETE FROM event", "DELETE FROM quarantine",
			"INSERT INTO takedown (target, cause, reason, entered_by, entered_at) VALUES ('', 'event', '', '', 0)", "TABLE events_all",
			"SELECT make_check_partitions(3)", "SELECT nextval('event_event_no_seq')"},
		testkit.WriterURL(dsn): {"DELETE FROM event", "DELETE FROM sighting", "DELETE FROM quarantine", "INSERT INTO kind_count VALUES (1, 1, 1)",
			"INSERT INTO event_delta (sign, events, kinds, days, authors) VALUES (1, '{}', '{}', '{}', '{}')", "SELECT drop_check_partitions(0)",
			"INSERT INTO takedown (target, cause, reason, entered_by, entered_at) VALUES ('', 'event', '', '', 0)"},
		testkit.RefresherURL(dsn): {"DELETE FROM event", "DELETE FROM sighting", "INSERT INTO tombstone VALUES ('', 'event', 0, 0)",
			"INSERT INTO filter (sha256, filter) VALUES ('', '')", "UPDATE sighting SET last_seen = 0"},
		testkit.EraserURL(dsn): {"INSERT INTO filter (sha256, filter) VALUES ('', '')", "UPDATE sighting SET last_seen = 0",
			"DELETE FROM relay", "INSERT INTO kind_count VALUES (1, 1, 1)"},
		testkit.ResearcherURL(dsn): {"INSERT INTO filter (sha256, filter) VALUES ('', '')", "DELETE FROM event", "DELETE FROM sighting",
			"SELECT make_check_partitions(3)"},
	} {
		conn := connect(t, role)
		for _, statement := range append(more, everybody...) {
			_, err := conn.Exec(t.Context(), statement)
			if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "42501" {
				t.Errorf("%s as %s: got %v, want it refused for lack of privilege (42501)", statement, conn.Config().User, err)
			}
		}
		fmt.Fprintln(t.Output(), conn.Config().User, len(more)+len(everybody), "statements were refused")
	}
}
