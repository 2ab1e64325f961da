-- Adds filters that are missing, in key order; returns those that this statement added.
-- $1 bytea[]: SHA-256  $2 text[]: canonical filters
INSERT INTO filter (sha256, filter)
SELECT i.sha256, i.filter
FROM unnest($1::bytea[], $2::text[]) AS i (sha256, filter)
ORDER BY i.sha256
ON CONFLICT DO NOTHING
RETURNING sha256, filter_no
