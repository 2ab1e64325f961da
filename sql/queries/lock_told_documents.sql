-- Locks, in key order and until the transaction ends, the histories of relays whose documents are told by imports: no state
-- of theirs is there to be locked.
-- $1 integer[]: relays
SELECT pg_advisory_xact_lock(63, r.relay_no)
FROM (SELECT DISTINCT relay_no FROM unnest($1::integer[]) AS i (relay_no) ORDER BY relay_no) AS r
