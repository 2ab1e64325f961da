-- Proven intervals of one relay and filter, both ends included, oldest first.
-- $1 text: relay URL  $2 bytea: SHA-256 of the canonical filter
SELECT c.proof, c.walked_on, lower(i.range), upper(i.range) - 1
FROM relay r
JOIN coverage c USING (relay_no)
JOIN filter f USING (filter_no),
LATERAL unnest(c.intervals) AS i (range)
WHERE r.url = $1 AND f.sha256 = $2
ORDER BY c.proof, c.walked_on, lower(i.range)
