-- Stores the last event that a monitor published to each of its publish relays, in key order, unless a later one is there.
-- $1 bytea[]: pubkeys  $2 integer[]: kinds  $3 integer[]: relays, 0 = the monitor itself  $4 text[]: publish relays
-- $5 bytea[]: event ids  $6 bytea[]: content hashes  $7 bigint[]: published at  $8 boolean[]: accepted
-- $9 text[]: reasons, null = none
INSERT INTO publication AS p (pubkey, kind, relay_no, target, event_id, content_hash, published_at, accepted, reason)
SELECT i.*
FROM unnest($1::bytea[], $2::integer[], $3::integer[], $4::text[], $5::bytea[], $6::bytea[], $7::bigint[], $8::boolean[], $9::text[])
  AS i (pubkey, kind, relay_no, target, event_id, content_hash, published_at, accepted, reason)
ORDER BY i.pubkey, i.kind, i.relay_no, i.target COLLATE "C"
ON CONFLICT (pubkey, kind, relay_no, target) DO UPDATE
SET event_id = excluded.event_id, content_hash = excluded.content_hash, published_at = excluded.published_at,
    accepted = excluded.accepted, reason = excluded.reason
WHERE (p.published_at, p.event_id) < (excluded.published_at, excluded.event_id)
