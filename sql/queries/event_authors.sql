-- Who wrote these events.
-- $1 bigint[]: events
SELECT event_no, pubkey FROM event WHERE event_no = ANY ($1)
