-- The signatures of the events that are there; null for those that are kept without one, and for those that were removed and
-- may not come back.
-- $1 bytea[]: ids
SELECT id, sig FROM event WHERE id = ANY ($1)
UNION ALL
SELECT target, NULL FROM tombstone WHERE target = ANY ($1) AND cause IN ('event', 'erased')
