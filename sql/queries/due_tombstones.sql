-- Tombstones whose reach is still to be erased, oldest first, some at a time.
-- $1 integer: at most so many
SELECT target, cause, until FROM tombstone WHERE erased_at IS NULL ORDER BY entered_at, target, cause LIMIT $1
