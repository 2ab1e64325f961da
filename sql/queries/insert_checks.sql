-- Adds the outcomes of checks that are missing, in key order.
-- $1 integer[]: relays  $2 text[]: vantages  $3 bigint[]: checked at  $4 text[]: names of checks  $5 boolean[]: ok
-- $6 integer[]: round-trip times in ms, null = not measured  $7 text[]: reasons, null = none  $8 text[]: relays' words
-- phases of open in ms, null = none: $9 integer[]: name  $10 integer[]: TCP  $11 integer[]: TLS  $12 integer[]: upgrade
-- $13 bigint[]: figures, null = none  $14 boolean[]: whether our vantage was at fault
INSERT INTO relay_check (relay_no, vantage, checked_at, check_name, ok, rtt_ms, reason, text, dns_ms, tcp_ms, tls_ms, upgrade_ms, value, degraded)
SELECT i.*
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::integer[], $7::text[], $8::text[],
  $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::bigint[], $14::boolean[])
  AS i (relay_no, vantage, checked_at, check_name, ok, rtt_ms, reason, text, dns_ms, tcp_ms, tls_ms, upgrade_ms, value, degraded)
ORDER BY i.relay_no, i.vantage COLLATE "C", i.checked_at, i.check_name COLLATE "C"
ON CONFLICT DO NOTHING
