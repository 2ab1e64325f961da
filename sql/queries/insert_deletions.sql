-- Remembers which events deletions name, in key order.
-- $1 bytea[]: ids  $2 bytea[]: authors of the deletions
INSERT INTO deletion (id, pubkey)
SELECT i.id, i.pubkey
FROM unnest($1::bytea[], $2::bytea[]) AS i (id, pubkey)
ORDER BY i.id, i.pubkey
ON CONFLICT DO NOTHING
