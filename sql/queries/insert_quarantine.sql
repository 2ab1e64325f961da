-- Keeps what cannot be stored, the same bytes once, in key order.
-- $1 bytea[]: SHA-256  $2 bytea[]: raw bytes  $3 text[]: reasons  $4 text[]: relays, null = none  $5 bigint: now
INSERT INTO quarantine (sha256, raw, reason, relay, quarantined_at)
SELECT i.sha256, i.raw, i.reason, i.relay, $5::bigint
FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[]) AS i (sha256, raw, reason, relay)
ORDER BY i.sha256
ON CONFLICT DO NOTHING
