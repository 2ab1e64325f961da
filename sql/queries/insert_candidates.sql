-- Adds candidates that are missing, in key order.
-- $1 text[]: URLs  $2 text[]: networks  $3 bigint[]: found at
INSERT INTO candidate (url, network, found_at)
SELECT i.url, i.network, i.found_at
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS i (url, network, found_at)
ORDER BY i.url COLLATE "C"
ON CONFLICT DO NOTHING
