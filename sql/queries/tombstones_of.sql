-- The tombstones of events and authors.
-- $1 bytea[]: ids and public keys
SELECT target, cause, until FROM tombstone WHERE target = ANY ($1)
