-- Forgets every counter, and every change that is not counted yet.
WITH a AS (DELETE FROM event_delta), b AS (DELETE FROM sighting_delta), c AS (DELETE FROM relay_count),
     d AS (DELETE FROM network_count), e AS (DELETE FROM network_event), f AS (DELETE FROM author_count),
     g AS (DELETE FROM author_sketch), h AS (DELETE FROM replication_due), i AS (DELETE FROM replication_block),
     j AS (DELETE FROM replication_count), k AS (DELETE FROM relay_unique)
DELETE FROM kind_count
