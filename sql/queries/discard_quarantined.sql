-- Takes rows out of quarantine. Needs the role that erases.
-- $1 bigint[]: their numbers
DELETE FROM quarantine WHERE quarantine_no = ANY ($1)
