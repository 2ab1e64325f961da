-- Adds relays that are missing, in key order; returns those that this statement added.
-- $1 text[]: URLs  $2 text[]: networks  $3 text[]: tokens  $4 bigint[]: accepted at
INSERT INTO relay (url, network, token, accepted_at)
SELECT i.url, i.network, i.token, i.accepted_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS i (url, network, token, accepted_at)
ORDER BY i.url COLLATE "C"
ON CONFLICT DO NOTHING
RETURNING url, relay_no
