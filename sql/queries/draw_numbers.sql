-- Numbers for events that are about to be copied.
-- $1 integer: how many
SELECT nextval('event_event_no_seq') FROM generate_series(1, $1::integer)
