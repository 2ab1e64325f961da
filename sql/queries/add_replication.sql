-- Adds blocks to the totals, or takes them off.
-- $1 integer[]: blocks  $2 integer: 1 or -1
WITH factors AS (
  INSERT INTO replication_count AS t (relays, events)
  SELECT u.factor, $2::integer * sum(u.events)
  FROM replication_block b, unnest(b.factors, b.events) AS u (factor, events)
  WHERE b.block = ANY ($1::integer[])
  GROUP BY u.factor
  ON CONFLICT (relays) DO UPDATE SET events = t.events + excluded.events
)
INSERT INTO relay_unique AS t (relay_no, events, alone_events)
SELECT u.relay, $2::integer * sum(u.served), $2::integer * sum(u.alone)
FROM replication_block b, unnest(b.relays, b.served, b.alone) AS u (relay, served, alone)
WHERE b.block = ANY ($1::integer[])
GROUP BY u.relay
ON CONFLICT (relay_no) DO UPDATE SET events = t.events + excluded.events, alone_events = t.alone_events + excluded.alone_events
