-- Of these sightings, those that are not there, due to move, or marked missing before they were seen.
-- $1 bigint[]: events  $2 integer[]: relays  $3 integer[]: seen at  $4 integer: seconds until last_seen moves
SELECT i.event_no, i.relay_no, i.seen_at, s.event_no IS NULL AS absent
FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS i (event_no, relay_no, seen_at)
LEFT JOIN sighting s ON s.event_no = i.event_no AND s.relay_no = i.relay_no
WHERE s.event_no IS NULL OR s.last_seen < i.seen_at - $4::integer OR s.missing_since <= i.seen_at
