-- How many events an interval of created_at has, when the first event at or after its beginning was made, and the largest
-- number of any event.
-- $1 bigint: since  $2 bigint: until, both ends included
SELECT (SELECT count(*) FROM event WHERE created_at BETWEEN $1::bigint AND $2::bigint),
       (SELECT min(created_at) FROM event WHERE created_at >= $1::bigint),
       (SELECT max(event_no) FROM event)
