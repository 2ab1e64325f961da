-- Makes the missing monthly partitions of relay_check.
-- $1 integer: months ahead
SELECT make_check_partitions($1)
