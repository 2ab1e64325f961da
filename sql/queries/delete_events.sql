-- Deletes events.
-- $1 bigint[]: events
DELETE FROM event WHERE event_no = ANY ($1)
