-- Which events are there, and their numbers.
-- $1 bytea[]: ids
SELECT id, event_no FROM event WHERE id = ANY ($1)
