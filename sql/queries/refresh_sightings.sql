-- Moves last_seen where it is older than the refresh or the relay serves again what it lacked, in key order.
-- first_seen does not change.
-- $1 bigint[]: events  $2 integer[]: relays  $3 integer[]: seen at  $4 integer: seconds until last_seen moves
WITH stale AS (
  SELECT s.event_no, s.relay_no, i.seen_at
  FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS i (event_no, relay_no, seen_at)
  JOIN sighting s ON s.event_no = i.event_no AND s.relay_no = i.relay_no
  WHERE s.last_seen < i.seen_at - $4::integer OR s.missing_since <= i.seen_at
  ORDER BY s.event_no, s.relay_no
  FOR UPDATE OF s
)
UPDATE sighting s
SET last_seen = greatest(s.last_seen, stale.seen_at),
    missing_since = CASE WHEN s.missing_since > stale.seen_at THEN s.missing_since END
FROM stale
WHERE s.event_no = stale.event_no AND s.relay_no = stale.relay_no
