-- The sketches of days.
-- $1 integer: first day  $2 integer: last day, since 1970-01-01
SELECT s.sketch
FROM generate_series($1::integer, $2::integer) AS d (day)
JOIN author_sketch s ON s.dimension = 'day' AND s.key = d.day::text
