-- Adds sightings of an import that are missing, in key order. Those that are there are neither locked nor changed.
-- $1 bigint[]: events  $2 integer[]: relays  $3 integer[]: first seen  $4 integer[]: last seen
-- $5 integer[]: missing since, 0 = not missing
INSERT INTO sighting (event_no, relay_no, first_seen, last_seen, missing_since)
SELECT i.event_no, i.relay_no, i.first_seen, i.last_seen, nullif(i.missing_since, 0)
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::integer[])
  AS i (event_no, relay_no, first_seen, last_seen, missing_since)
ORDER BY i.event_no, i.relay_no
ON CONFLICT DO NOTHING
