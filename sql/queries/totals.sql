-- The size of the archive, cheaply: tables under 64 MiB are counted, larger ones estimated from their statistics.
SELECT (SELECT count(*) FROM candidate),
       (SELECT count(*) FROM candidate WHERE given_up_at IS NOT NULL),
       CASE WHEN pg_relation_size('event') < 67108864 THEN (SELECT count(*) FROM event)
            ELSE (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'event'::regclass) END,
       pg_relation_size('event') < 67108864,
       CASE WHEN pg_relation_size('sighting') < 67108864 THEN (SELECT count(*) FROM sighting)
            ELSE (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'sighting'::regclass) END,
       pg_relation_size('sighting') < 67108864,
       (SELECT count(*) FROM quarantine),
       (SELECT count(*) FROM coverage WHERE NOT isempty(intervals)),
       (SELECT max(first_seen) FROM sighting WHERE event_no = (SELECT max(event_no) FROM event))::bigint
