-- Stores the states of relays in key order, unless a later check is there. It locks every row it names: one relay's
-- checks from one vantage are written by one transaction at a time.
-- $1 integer[]: relays  $2 text[]: vantages  $3 text[]: states  $4 bigint[]: since  $5 integer[]: failures
-- $6 bigint[]: failing since, null = not  $7 bigint[]: checked at  $8 bigint[]: next check at, null = none
INSERT INTO relay_state AS s (relay_no, vantage, state, state_since, failures, failing_since, checked_at, next_check_at)
SELECT i.*
FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::integer[], $6::bigint[], $7::bigint[], $8::bigint[])
  AS i (relay_no, vantage, state, state_since, failures, failing_since, checked_at, next_check_at)
ORDER BY i.relay_no, i.vantage COLLATE "C"
ON CONFLICT (relay_no, vantage) DO UPDATE
SET state = excluded.state, state_since = excluded.state_since, failures = excluded.failures,
    failing_since = excluded.failing_since, checked_at = excluded.checked_at, next_check_at = excluded.next_check_at
WHERE s.checked_at < excluded.checked_at
