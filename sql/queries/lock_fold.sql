-- Lets one process at a time change the counters; ends with the transaction.
LOCK TABLE kind_count IN SHARE ROW EXCLUSIVE MODE
