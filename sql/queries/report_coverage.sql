-- Proven and truncated intervals of a relay per filter, both ends included, oldest first, at most 1,000.
-- $1 text: relay URL
SELECT f.filter, i.truncated, lower(i.range), upper(i.range) - 1
FROM relay r
JOIN (SELECT relay_no, filter_no, proof = 5 AS truncated, range_agg(intervals) AS intervals
      FROM coverage GROUP BY 1, 2, 3) c USING (relay_no)
JOIN filter f USING (filter_no),
LATERAL (SELECT c.truncated, range FROM unnest(c.intervals) AS u (range)) AS i
WHERE r.url = $1
ORDER BY f.filter, i.truncated, lower(i.range)
LIMIT 1000
