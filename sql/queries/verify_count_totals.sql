-- The sums of counts, with what is not folded yet, beside the number of events, and each network's count beside its bits;
-- all of one snapshot.
WITH waiting AS (SELECT coalesce(sum(sign * cardinality(events)), 0) AS n FROM event_delta),
     total AS (SELECT count(*) AS n FROM event)
SELECT 'events of all kinds and days', ((SELECT coalesce(sum(events), 0) FROM kind_count) + waiting.n)::bigint, total.n
FROM waiting, total
UNION ALL
SELECT 'events of all authors', ((SELECT coalesce(sum(events), 0) FROM author_count) + waiting.n)::bigint, total.n
FROM waiting, total
UNION ALL
SELECT format('network %s', network), coalesce(c.events, 0), coalesce(b.events, 0)
FROM network_count c
FULL JOIN (SELECT network, sum(bit_count(bits))::bigint AS events FROM network_event GROUP BY 1) AS b USING (network)
