-- Sightings of events, by event and relay.
-- $1 bigint[]: events
SELECT s.event_no, r.url, s.first_seen, s.last_seen, s.missing_since
FROM sighting s JOIN relay r USING (relay_no)
WHERE s.event_no = ANY ($1::bigint[])
ORDER BY s.event_no, r.url
