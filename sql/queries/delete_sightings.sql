-- Deletes every sighting of events.
-- $1 bigint[]: events
DELETE FROM sighting WHERE event_no = ANY ($1)
