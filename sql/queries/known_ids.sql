-- Which events are there.
-- $1 bytea[]: ids
SELECT id FROM event WHERE id = ANY ($1)
