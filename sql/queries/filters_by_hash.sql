-- Numbers of the filters that are there.
-- $1 bytea[]: SHA-256 of canonical filters
SELECT sha256, filter_no FROM filter WHERE sha256 = ANY ($1)
