-- Settled tombstones, and events that are there in spite of one.
SELECT (SELECT count(*) FROM tombstone WHERE erased_at IS NOT NULL),
       (SELECT count(*) FROM tombstone t JOIN event e ON e.id = t.target WHERE t.cause IN ('event', 'erased') AND t.erased_at IS NOT NULL)
     + (SELECT count(*) FROM tombstone t JOIN event e ON e.pubkey = t.target AND e.created_at <= t.until
        WHERE t.erased_at IS NOT NULL AND (t.cause = 'author' OR t.cause = 'vanish' AND e.kind <> 62))
