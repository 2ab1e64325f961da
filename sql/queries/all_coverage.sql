-- Proven intervals, both ends included, in the order of URL, filter, proof, day and time, those that come after one.
-- $1 text: URL  $2 text: filter  $3 smallint: proof  $4 date: day  $5 bigint: since  $6 integer: at most so many
SELECT r.url, f.filter, c.proof, c.walked_on, lower(i.range), upper(i.range) - 1
FROM relay r JOIN coverage c USING (relay_no) JOIN filter f USING (filter_no), LATERAL unnest(c.intervals) AS i (range)
WHERE r.url >= $1::text COLLATE "C"
  AND (r.url, f.filter, c.proof, c.walked_on, lower(i.range)) > ($1::text COLLATE "C", $2::text COLLATE "C", $3::smallint, $4::date, $5::bigint)
ORDER BY r.url, f.filter, c.proof, c.walked_on, lower(i.range)
LIMIT $6::integer
