-- Distinct authors of a stretch of created_at.
-- $1 bigint: since  $2 bigint: until, both ends included
SELECT count(DISTINCT pubkey) FROM event WHERE created_at BETWEEN $1 AND $2
