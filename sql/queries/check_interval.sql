-- How many checks an interval has, and when the first one at or after its beginning was made. Checks have no numbers.
-- $1 bigint: since  $2 bigint: until, both ends included
SELECT (SELECT count(*) FROM relay_check WHERE checked_at BETWEEN $1::bigint AND $2::bigint),
       (SELECT min(checked_at) FROM relay_check WHERE checked_at >= $1::bigint),
       NULL::bigint
