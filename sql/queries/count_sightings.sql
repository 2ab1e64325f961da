-- What is counted of the sightings of a range of events.
-- $1 bigint: from  $2 bigint: up to, without it
SELECT e.event_no, s.relay_no, e.kind, s.first_seen
FROM sighting s JOIN event e ON e.event_no = s.event_no
WHERE s.event_no >= $1 AND s.event_no < $2
