-- Sightings of a part of the table: how many, how many of them of no event or no relay, and how many end before they begin.
-- $1 double precision: per cent of the table
SELECT count(*), count(*) FILTER (WHERE e.event_no IS NULL OR r.relay_no IS NULL),
       count(*) FILTER (WHERE s.last_seen < s.first_seen)
FROM sighting s TABLESAMPLE SYSTEM ($1)
LEFT JOIN event e USING (event_no) LEFT JOIN relay r USING (relay_no)
