-- Remembers the ids of events that were kept out, in key order, so that workers know them and do not bring them again.
-- $1 bytea[]: ids  $2 bigint: now
INSERT INTO tombstone (target, cause, until, entered_at, erased_at)
SELECT i.id, 'erased', 9223372036854775807, $2, $2
FROM unnest($1::bytea[]) AS i (id)
ORDER BY i.id
ON CONFLICT DO NOTHING
