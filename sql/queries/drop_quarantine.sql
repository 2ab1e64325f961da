-- Forgets what came into quarantine long ago, some at a time.
-- $1 bigint: before  $2 integer: at most so many
DELETE FROM quarantine
WHERE quarantine_no IN (SELECT quarantine_no FROM quarantine WHERE quarantined_at < $1 ORDER BY quarantine_no LIMIT $2)
