-- Locks sightings in key order, before two statements change some of them each.
-- $1 bigint[]: events  $2 integer[]: relays
SELECT s.relay_no
FROM unnest($1::bigint[], $2::integer[]) AS i (event_no, relay_no)
JOIN sighting s ON s.event_no = i.event_no AND s.relay_no = i.relay_no
ORDER BY s.event_no, s.relay_no
FOR UPDATE OF s
