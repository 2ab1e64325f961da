-- What a restored archive must have: the version of its schema, whether it is still recovering, and how many things are
-- wrong that no restore may bring: objects of another owner than the rest, coverage of relays or filters that are gone,
-- events that a tombstone had removed, and numbers that are behind the rows that have them.
SELECT (SELECT max(version_id) FROM goose_db_version WHERE is_applied),
       pg_is_in_recovery(),
       (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
          AND c.relowner <> (SELECT relowner FROM pg_class WHERE oid = 'public.event'::regclass)),
       (SELECT count(*) FROM coverage c
        WHERE NOT EXISTS (SELECT FROM relay r WHERE r.relay_no = c.relay_no)
           OR NOT EXISTS (SELECT FROM filter f WHERE f.filter_no = c.filter_no)),
       (SELECT count(*) FROM tombstone t WHERE t.erased_at IS NOT NULL AND (
          t.cause IN ('event', 'erased') AND EXISTS (SELECT FROM event e WHERE e.id = t.target)
          OR t.cause = 'author' AND EXISTS (SELECT FROM event e WHERE e.pubkey = t.target AND e.created_at <= t.until)
          OR t.cause = 'vanish' AND EXISTS (SELECT FROM event e WHERE e.pubkey = t.target AND e.created_at <= t.until AND e.kind <> 62))),
       (SELECT coalesce(max(event_no), 0) FROM event)
