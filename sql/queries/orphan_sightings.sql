-- Counts sightings from a number on whose event or relay is gone, and how many were looked at.
-- $1 bigint: number of the first event  $2 bigint: numbers to look at
SELECT count(*) FILTER (WHERE e.event_no IS NULL OR r.relay_no IS NULL), count(*)
FROM sighting s
LEFT JOIN event e ON e.event_no = s.event_no
LEFT JOIN relay r ON r.relay_no = s.relay_no
WHERE s.event_no BETWEEN $1::bigint AND $1::bigint + $2::bigint
