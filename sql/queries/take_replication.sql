-- Takes blocks that are due, those that wait longest.
-- $1 integer: at most so many
DELETE FROM replication_due
WHERE block IN (SELECT block FROM replication_due ORDER BY due_at, block LIMIT $1)
RETURNING block
