-- Sightings of a part of the table, and how many of them lie in no interval of their relay: live events, imports and turns
-- that were cut short bring such; they are no fault.
-- $1 double precision: per cent of the table
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
  SELECT FROM coverage c WHERE c.relay_no = s.relay_no AND c.intervals @> e.created_at))
FROM sighting s TABLESAMPLE SYSTEM ($1) JOIN event e USING (event_no)
