-- Adds the outcomes of checks that are missing, in key order.
-- $1 integer[]: relays  $2 text[]: vantages  $3 bigint[]: checked at  $4 text[]: names of checks  $5 boolean[]: ok
-- $6 integer[]: round-trip times in ms, null = not measured  $7 text[]: reasons, null = none  $8 text[]: relays' words
INSERT INTO relay_check (relay_no, vantage, checked_at, check_name, ok, rtt_ms, reason, text)
SELECT i.*
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::integer[], $7::text[], $8::text[])
  AS i (relay_no, vantage, checked_at, check_name, ok, rtt_ms, reason, text)
ORDER BY i.relay_no, i.vantage COLLATE "C", i.checked_at, i.check_name COLLATE "C"
ON CONFLICT DO NOTHING
