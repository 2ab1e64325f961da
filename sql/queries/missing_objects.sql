-- What the schema should have and has not, by name: columns of tables and views, functions, and what the roles may do.
WITH expected (object, columns, writer) AS (VALUES
  ('candidate', 'candidate_no url network found_at tries tried_at reason next_try_at given_up_at', 'INSERT UPDATE'),
  ('candidate_source', 'candidate_no source found_at', 'INSERT'),
  ('relay', 'relay_no url network token accepted_at', 'INSERT'),
  ('event', 'event_no id pubkey created_at kind tags content sig raw tag_hashes d_hash expires_at protected', 'INSERT'),
  ('sighting', 'event_no relay_no first_seen last_seen missing_since', 'INSERT UPDATE'),
  ('filter', 'filter_no sha256 filter', 'INSERT'),
  ('coverage', 'relay_no filter_no proof walked_on intervals', 'INSERT UPDATE'),
  ('page_part', 'page_id part seen_at', 'INSERT'),
  ('relay_state', 'relay_no vantage state state_since failures failing_since checked_at next_check_at', 'INSERT UPDATE'),
  ('relay_check', 'relay_no vantage checked_at check_name ok rtt_ms reason text dns_ms tcp_ms tls_ms upgrade_ms value degraded', 'INSERT'),
  ('relay_transition', 'relay_no vantage at state failing reason seen_at seen_until', 'INSERT UPDATE'),
  ('document', 'document_no sha256 body', 'INSERT'),
  ('relay_document', 'relay_no vantage type first_seen last_seen document_no', 'INSERT UPDATE'),
  ('visit', 'relay_no job vantage started_at ended_at outcome reason next_at requests pages new_events known_events bytes rejected late_events missing_events live_events', 'INSERT UPDATE'),
  ('manners', 'relay_no vantage probed_at cap answer_order until_exclusive since_exclusive ignores_until ignores_since negentropy hints counts auth max_subscriptions max_message hides page_limit', 'INSERT UPDATE'),
  ('quarantine', 'quarantine_no sha256 raw reason relay quarantined_at', 'INSERT'),
  ('optout', 'pattern reason added_at', 'INSERT DELETE'),
  ('relay_reject', 'relay_no job started_at reason events', 'INSERT'),
  ('relay_rejects', 'relay reason class events last_at', ''),
  ('deletion', 'id pubkey', 'INSERT'),
  ('address_deletion', 'pubkey kind d_hash deleted_at', 'INSERT UPDATE'),
  ('tombstone', 'target cause until entered_at erased_at', 'INSERT'),
  ('takedown', 'takedown_no target cause reason entered_by entered_at', ''),
  ('publication', 'pubkey kind relay_no target event_id content_hash published_at accepted reason', 'INSERT UPDATE'),
  ('publications', 'pubkey kind relay published_at accepted refused', ''),
  ('event_delta', 'delta_no sign events kinds days authors', ''),
  ('sighting_delta', 'delta_no sign events relays kinds seen', ''),
  ('kind_count', 'kind day events', ''),
  ('relay_count', 'relay_no kind events first_seen last_new', ''),
  ('network_count', 'network events', ''),
  ('network_event', 'network block bits', ''),
  ('author_count', 'pubkey events', ''),
  ('author_sketch', 'dimension key authors sketch', ''),
  ('window_count', 'window_name seconds events authors counted_at', ''),
  ('replication_count', 'relays events', ''),
  ('replication_due', 'block due_at', ''),
  ('replication_block', 'block factors events relays served alone', ''),
  ('relay_unique', 'relay_no events alone_events', ''),
  ('relay_claim', 'relay_no document_no software version nips', ''),
  ('maintenance', 'job succeeded_at took_ms did failed_at error', ''),
  ('kind_counts', 'kind class events authors', ''),
  ('kind_class_counts', 'class events', ''),
  ('day_counts', 'day events authors', ''),
  ('network_counts', 'network relays events authors', ''),
  ('relay_kind_counts', 'relay kind events', ''),
  ('author_counts', 'pubkey events', ''),
  ('window_counts', 'window_name seconds events authors counted_at', ''),
  ('replication_factors', 'relays events share counted_at', ''),
  ('relay_stats', 'relay network events authors unique_share first_seen last_new rtt_open rtt_read rtt_write', ''),
  ('relay_software_counts', 'software version relays', ''),
  ('supported_nip_counts', 'nip relays', ''),
  ('relays', 'relay_no url network token accepted_at found_at vantage state state_since checked_at next_check_at', ''),
  ('candidates', 'url network state found_at sources tries tried_at reason next_try_at given_up_at accepted_at', ''),
  ('relay_aliases', 'relay alias evidence detail', ''),
  ('events', 'event_no id pubkey created_at kind tags content sig raw tag_hashes expires_at tags_text d_hash', ''),
  ('events_all', 'event_no id pubkey created_at kind tags content sig raw tag_hashes expires_at hidden', ''),
  ('sightings', 'id relay first_seen last_seen missing_since', ''),
  ('relay_checks', 'relay vantage checked_at check_name ok rtt_ms reason text dns_ms tcp_ms tls_ms upgrade_ms value degraded', ''),
  ('relay_documents', 'relay vantage type first_seen last_seen sha256 body value', ''),
  ('relay_transitions', 'relay vantage at from_state to_state reason', ''),
  ('relay_uptime', 'relay vantage uptime_24h uptime_7d uptime_30d uptime_90d known_24h known_7d known_30d known_90d', ''),
  ('events_replaceable_latest', 'event_no id pubkey created_at kind tags content sig', ''),
  ('events_addressable_latest', 'event_no id pubkey created_at kind d_hash tags content sig', ''),
  ('relay_latest', 'url network vantage state state_since checked_at rtt_open rtt_read rtt_write software version nips', ''),
  ('relay_holes', 'relay filter since until', ''),
  ('coverage_ratios', 'relay network ratio', ''),
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
  AND object <> 'events_all'
UNION ALL
SELECT 'grant of SELECT on ' || object || ' to bigbrotr_researcher'
FROM wanted, pg_roles
WHERE relation IS NOT NULL AND rolname = 'bigbrotr_researcher' AND NOT has_table_privilege(rolname, relation, 'SELECT')
UNION ALL
SELECT 'grant of DELETE on ' || object || ' to bigbrotr_eraser'
FROM wanted, pg_roles
WHERE relation IS NOT NULL AND object IN ('event', 'sighting', 'quarantine') AND rolname = 'bigbrotr_eraser'
  AND NOT has_table_privilege(rolname, relation, 'DELETE')
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
FROM regexp_split_to_table('bigbrotr_writer bigbrotr_reader bigbrotr_researcher bigbrotr_eraser', ' ') AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
UNION ALL
SELECT 'function ' || name
FROM unnest(ARRAY['tag_hash(text, text)', 'tag_text(text, text)', 'events_by_tag(text, text)', 'make_check_partitions(integer)', 'kind_class(integer)', 'drop_check_partitions(bigint)',
  'relay_spans(bigint)', 'relay_uptimes(bigint)', 'relay_days(bigint)']) AS name
WHERE to_regprocedure('public.' || name) IS NULL
UNION ALL
SELECT 'grant of USAGE on event_event_no_seq to bigbrotr_writer'
FROM pg_roles
WHERE rolname = 'bigbrotr_writer' AND to_regclass('public.event_event_no_seq') IS NOT NULL
  AND NOT has_sequence_privilege(rolname, 'public.event_event_no_seq', 'USAGE')
UNION ALL
SELECT 'trigger ' || name
FROM unnest(ARRAY['events_added', 'events_removed', 'sightings_added', 'sightings_removed']) AS name
WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = name AND tgenabled <> 'D')
UNION ALL
SELECT 'role bigbrotr_refresher' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bigbrotr_refresher')
UNION ALL
SELECT 'grant of DELETE on ' || object || ' to bigbrotr_refresher'
FROM wanted, pg_roles
WHERE relation IS NOT NULL AND rolname = 'bigbrotr_refresher' AND object IN ('event_delta', 'sighting_delta', 'kind_count', 'relay_count',
  'network_count', 'network_event', 'author_count', 'author_sketch', 'window_count', 'replication_count', 'replication_due', 'replication_block', 'relay_unique', 'relay_claim', 'relay_reject',
  'page_part', 'quarantine', 'document') AND NOT has_table_privilege(rolname, relation, 'DELETE')
