-- Lets one process at a time make partitions; ends with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('bigbrotr make_check_partitions', 0))
