-- What is counted of the events of a range of numbers.
-- $1 bigint: from  $2 bigint: up to, without it
SELECT event_no, kind, least(created_at / 86400, 49709)::integer, pubkey FROM event WHERE event_no >= $1 AND event_no < $2
