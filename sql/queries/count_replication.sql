-- Counts blocks of events from their sightings.
-- $1 integer[]: blocks
WITH served AS MATERIALIZED (
  SELECT b.block, s.event_no, s.relay_no, count(*) OVER (PARTITION BY s.event_no) AS relays
  FROM unnest($1::integer[]) AS b (block)
  CROSS JOIN LATERAL (SELECT event_no, relay_no FROM sighting WHERE event_no BETWEEN b.block * 8192 AND b.block * 8192 + 8191) AS s
), factor AS (
  SELECT block, array_agg(relays) AS factors, array_agg(events) AS events
  FROM (SELECT block, relays, count(DISTINCT event_no) AS events FROM served GROUP BY block, relays) AS f
  GROUP BY block
), relay AS (
  SELECT block, array_agg(relay_no) AS relays, array_agg(events) AS served, array_agg(alone) AS alone
  FROM (SELECT block, relay_no, count(*) AS events, count(*) FILTER (WHERE relays = 1) AS alone FROM served GROUP BY block, relay_no) AS r
  GROUP BY block
)
INSERT INTO replication_block (block, factors, events, relays, served, alone)
SELECT block, coalesce(f.factors, '{}'), coalesce(f.events, '{}'), coalesce(r.relays, '{}'), coalesce(r.served, '{}'), coalesce(r.alone, '{}')
FROM unnest($1::integer[]) AS b (block) LEFT JOIN factor f USING (block) LEFT JOIN relay r USING (block)
ORDER BY block
ON CONFLICT (block) DO UPDATE SET factors = excluded.factors, events = excluded.events, relays = excluded.relays,
  served = excluded.served, alone = excluded.alone
