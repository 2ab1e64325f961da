-- Notes blocks of events whose sightings changed; those that are due already stay in their place.
-- $1 integer[]: blocks  $2 bigint: now
INSERT INTO replication_due (block, due_at)
SELECT block, $2 FROM unnest($1::integer[]) AS block
ON CONFLICT DO NOTHING
