-- The size of the archive, cheaply: tables under 16 MiB are counted, larger ones estimated from their statistics.
WITH size AS (
  SELECT oid, greatest(reltuples, 0)::bigint AS estimate, pg_relation_size(oid) < 16777216 AS small
  FROM pg_class WHERE oid IN ('event'::regclass, 'sighting'::regclass)
), c AS (
  SELECT count(*) AS candidates, count(given_up_at) AS given_up FROM candidate
)
SELECT c.candidates, c.given_up,
       CASE WHEN e.small THEN (SELECT count(*) FROM event) ELSE e.estimate END, e.small,
       CASE WHEN s.small THEN (SELECT count(*) FROM sighting) ELSE s.estimate END, s.small,
       (SELECT count(*) FROM quarantine),
       (SELECT max(first_seen) FROM sighting WHERE event_no = (SELECT max(event_no) FROM event))::bigint
FROM c, size e, size s
WHERE e.oid = 'event'::regclass AND s.oid = 'sighting'::regclass
