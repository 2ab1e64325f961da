-- Remembers which addresses deletions name, in key order; the newest deletion counts.
-- $1 bytea[]: authors  $2 integer[]: kinds  $3 bigint[]: hashes of the d tags, 0 for replaceable kinds  $4 bigint[]: created at
INSERT INTO address_deletion AS a (pubkey, kind, d_hash, deleted_at)
SELECT i.pubkey, i.kind, i.d_hash, max(i.deleted_at)
FROM unnest($1::bytea[], $2::integer[], $3::bigint[], $4::bigint[]) AS i (pubkey, kind, d_hash, deleted_at)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (pubkey, kind, d_hash) DO UPDATE SET deleted_at = excluded.deleted_at
WHERE a.deleted_at < excluded.deleted_at
