-- Drops the months of relay_check that ended before a time; for the owner.
-- $1 bigint: that time
SELECT drop_check_partitions($1)
