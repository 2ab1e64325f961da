-- Adds to the counts of authors.
-- $1 bytea[]: authors  $2 bigint[]: events, negative where they were removed
INSERT INTO author_count (pubkey, events)
SELECT * FROM unnest($1::bytea[], $2::bigint[])
ON CONFLICT (pubkey) DO UPDATE SET events = author_count.events + excluded.events
