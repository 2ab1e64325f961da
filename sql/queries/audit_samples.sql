-- Random points of settled coverage: random relays that are up or were never checked; of each a random row, of that a
-- random interval, and a point in it before the seconds that were provisional when it was walked. When there are fewer
-- relays than samples, each gives its share, at most 50.
-- $1 integer: samples  $2 date: the walk was before this day  $3 bigint: seconds before the day of a walk that were provisional
WITH eligible AS MATERIALIZED (
  SELECT r.relay_no, r.url, r.network
  FROM relay r
  WHERE (EXISTS (SELECT FROM relay_state s WHERE s.relay_no = r.relay_no AND s.state = 'up')
         OR NOT EXISTS (SELECT FROM relay_state s WHERE s.relay_no = r.relay_no))
    AND EXISTS (SELECT FROM coverage c
                WHERE c.relay_no = r.relay_no AND c.proof IN (1, 2, 3) AND c.walked_on < $2::date
                  AND lower(c.intervals) < extract(epoch FROM c.walked_on)::bigint - $3::bigint)
), drawn AS MATERIALIZED (
  SELECT e.*, turn
  FROM (SELECT * FROM eligible ORDER BY random() LIMIT $1) e
  CROSS JOIN generate_series(1, least(50, ceil($1::numeric / greatest((SELECT count(*) FROM eligible), 1)))) AS turn
  ORDER BY turn, random()
  LIMIT $1
)
SELECT d.url, d.network, f.filter, i.since, i.since + floor(random() * (i.until - i.since + 1))::bigint
FROM drawn d
CROSS JOIN LATERAL (
  SELECT c.filter_no, c.proof, c.walked_on, extract(epoch FROM c.walked_on)::bigint - $3::bigint AS settled
  FROM coverage c
  WHERE c.relay_no = d.relay_no AND c.proof IN (1, 2, 3) AND c.walked_on < $2::date AND d.turn > 0
    AND lower(c.intervals) < extract(epoch FROM c.walked_on)::bigint - $3::bigint
  ORDER BY random() LIMIT 1
) AS c
CROSS JOIN LATERAL (
  SELECT lower(range) AS since, least(upper(range), c.settled) - 1 AS until
  FROM coverage whole, unnest(whole.intervals) AS range
  WHERE whole.relay_no = d.relay_no AND whole.filter_no = c.filter_no AND whole.proof = c.proof
    AND whole.walked_on = c.walked_on AND lower(range) < c.settled AND d.turn > 0
  ORDER BY random() LIMIT 1
) AS i
JOIN filter f ON f.filter_no = c.filter_no
