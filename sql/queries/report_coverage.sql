-- Proven and truncated intervals of a relay per filter, both ends included, oldest first, at most 1,000.
-- $1 text: relay URL
SELECT c.filter, i.truncated, lower(i.range), upper(i.range) - 1
FROM relay_coverage c,
LATERAL (SELECT false AS truncated, range FROM unnest(c.covered) AS u (range)
         UNION ALL
         SELECT true, range FROM unnest(c.truncated) AS u (range)) AS i
WHERE c.relay = $1
ORDER BY c.filter, i.truncated, lower(i.range)
LIMIT 1000
