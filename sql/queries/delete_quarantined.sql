-- Deletes what is in quarantine and holds an id or a public key, as bytes or as digits.
-- $1 bytea: id or public key
DELETE FROM quarantine WHERE position($1 IN raw) > 0 OR position(convert_to(encode($1, 'hex'), 'UTF8') IN raw) > 0
