-- Marks locked sightings as missing, from the earliest answer without them on, unless they were seen again meanwhile.
-- $1 bigint[]: events  $2 integer[]: relays  $3 integer[]: asked at  $4 integer[]: missing since
UPDATE sighting s SET missing_since = i.missing_since
FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[]) AS i (event_no, relay_no, asked_at, missing_since)
WHERE s.event_no = i.event_no AND s.relay_no = i.relay_no
  AND s.last_seen < i.asked_at AND (s.missing_since IS NULL OR s.missing_since > i.missing_since)
