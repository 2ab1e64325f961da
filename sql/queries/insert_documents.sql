-- Adds documents that are missing, in key order.
-- $1 bytea[]: SHA-256  $2 bytea[]: bodies
INSERT INTO document (sha256, body)
SELECT i.sha256, i.body
FROM unnest($1::bytea[], $2::bytea[]) AS i (sha256, body)
ORDER BY i.sha256
ON CONFLICT DO NOTHING
