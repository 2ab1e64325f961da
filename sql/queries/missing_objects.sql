-- What the schema should have and has not, by name: columns of tables and views, functions, and what the roles may do.
WITH expected (object, columns, writer) AS (VALUES
  ('candidate', 'candidate_no url network found_at tries tried_at reason next_try_at given_up_at', 'INSERT UPDATE'),
  ('candidate_source', 'candidate_no source found_at', 'INSERT'),
  ('relay', 'relay_no url network token accepted_at', 'INSERT'),
  ('event', 'event_no id pubkey created_at kind tags content sig raw tag_hashes', 'INSERT'),
  ('sighting', 'event_no relay_no first_seen last_seen', 'INSERT UPDATE'),
  ('filter', 'filter_no sha256 filter', 'INSERT'),
  ('coverage', 'relay_no filter_no proof walked_on intervals', 'INSERT UPDATE'),
  ('page_part', 'page_id part seen_at', 'INSERT DELETE'),
  ('relay_state', 'relay_no vantage state state_since failures failing_since checked_at next_check_at', 'INSERT UPDATE'),
  ('relay_check', 'relay_no vantage checked_at check_name ok rtt_ms reason text', 'INSERT'),
  ('document', 'document_no sha256 body', 'INSERT'),
  ('relay_document', 'relay_no vantage type first_seen last_seen document_no', 'INSERT UPDATE'),
  ('visit', 'relay_no job vantage started_at ended_at outcome reason next_at requests pages new_events known_events bytes rejected', 'INSERT UPDATE'),
  ('manners', 'relay_no vantage probed_at cap answer_order until_exclusive since_exclusive ignores_until ignores_since', 'INSERT UPDATE'),
  ('quarantine', 'quarantine_no sha256 raw reason relay quarantined_at', 'INSERT'),
  ('relays', 'relay_no url network token accepted_at found_at vantage state state_since checked_at next_check_at', ''),
  ('events', 'event_no id pubkey created_at kind tags content sig raw', ''),
  ('sightings', 'id relay first_seen last_seen', ''),
  ('relay_checks', 'relay vantage checked_at check_name ok rtt_ms reason text', ''),
  ('relay_coverage', 'relay filter covered truncated', '')
), wanted AS (
  SELECT object, to_regclass('public.' || object) AS relation, columns, writer FROM expected
)
SELECT 'table or view ' || object FROM wanted WHERE relation IS NULL
UNION ALL
SELECT 'column ' || object || '.' || name
FROM wanted, regexp_split_to_table(columns, ' ') AS name
WHERE relation IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = name AND NOT a.attisdropped)
UNION ALL
SELECT 'grant of SELECT on ' || object || ' to ' || rolname
FROM wanted, pg_roles
WHERE relation IS NOT NULL AND rolname IN ('bigbrotr_writer', 'bigbrotr_reader') AND NOT has_table_privilege(rolname, relation, 'SELECT')
UNION ALL
SELECT 'grant of ' || privilege || ' on ' || object || ' to ' || rolname
FROM wanted, regexp_split_to_table(writer, ' ') AS privilege, pg_roles
WHERE relation IS NOT NULL AND privilege <> '' AND rolname = 'bigbrotr_writer' AND NOT has_table_privilege(rolname, relation, privilege)
UNION ALL
SELECT 'right to make temporary tables for bigbrotr_writer'
FROM pg_roles
WHERE rolname = 'bigbrotr_writer' AND NOT has_database_privilege(rolname, current_database(), 'TEMPORARY')
UNION ALL
SELECT 'role ' || name
FROM regexp_split_to_table('bigbrotr_writer bigbrotr_reader', ' ') AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
UNION ALL
SELECT 'function make_check_partitions(integer)' WHERE to_regprocedure('public.make_check_partitions(integer)') IS NULL
