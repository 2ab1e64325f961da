-- The last event of a kind that a monitor published about a relay, or about itself, to one publish relay.
-- $1 bytea: pubkey  $2 integer: kind  $3 text: relay URL, empty = the monitor itself  $4 text: publish relay
SELECT p.content_hash, p.published_at, p.accepted
FROM publication p
WHERE p.pubkey = $1 AND p.kind = $2 AND p.target = $4
  AND p.relay_no = CASE WHEN $3 = '' THEN 0 ELSE (SELECT r.relay_no FROM relay r WHERE r.url = $3) END
