-- Enters requests to vanish (NIP-62), in key order. A later one reaches further, and what it reaches is due again.
-- $1 bytea[]: authors  $2 bigint[]: created at  $3 bigint: now
INSERT INTO tombstone AS t (target, cause, until, entered_at)
SELECT i.pubkey, 'vanish', max(i.created_at), $3
FROM unnest($1::bytea[], $2::bigint[]) AS i (pubkey, created_at)
GROUP BY i.pubkey ORDER BY i.pubkey
ON CONFLICT (target, cause) DO UPDATE SET until = excluded.until, entered_at = excluded.entered_at, erased_at = NULL
WHERE t.until < excluded.until
