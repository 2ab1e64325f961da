-- Adds sightings that are missing, in key order. Those that are there are neither locked nor changed.
-- $1 bigint[]: events  $2 integer[]: relays  $3 integer[]: seen at
INSERT INTO sighting (event_no, relay_no, first_seen, last_seen)
SELECT i.event_no, i.relay_no, i.seen_at, i.seen_at
FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS i (event_no, relay_no, seen_at)
ORDER BY i.event_no, i.relay_no
ON CONFLICT DO NOTHING
