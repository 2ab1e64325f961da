-- Whether events of an interval of created_at arrived with a number above one.
-- $1 bigint: number  $2 bigint: since  $3 bigint: until, both ends included
SELECT EXISTS (SELECT FROM event WHERE event_no > $1::bigint AND created_at BETWEEN $2::bigint AND $3::bigint)
