-- Lengthens sightings that an import knows more of; the rows must be locked. What is newer decides whether it is missing.
-- $1 bigint[]: events  $2 integer[]: relays  $3 integer[]: first seen  $4 integer[]: last seen
-- $5 integer[]: missing since, 0 = not missing
UPDATE sighting s
SET first_seen = least(s.first_seen, i.first_seen),
    last_seen = greatest(s.last_seen, i.last_seen),
    missing_since = CASE WHEN s.last_seen < i.last_seen THEN nullif(i.missing_since, 0) ELSE s.missing_since END
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::integer[])
  AS i (event_no, relay_no, first_seen, last_seen, missing_since)
WHERE s.event_no = i.event_no AND s.relay_no = i.relay_no
  AND (s.first_seen > i.first_seen OR s.last_seen < i.last_seen)
