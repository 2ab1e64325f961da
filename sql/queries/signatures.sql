-- The signatures of the events that are there.
-- $1 bytea[]: ids
SELECT id, sig FROM event WHERE id = ANY ($1)
