-- About how many relays, events and rows of history the original has, from its statistics.
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
FROM pg_class c
WHERE c.relkind = 'r' AND (c.oid IN (to_regclass('relay'), to_regclass('event'), to_regclass('relay_metadata'))
  OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('event')))
