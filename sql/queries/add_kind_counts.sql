-- Adds to the counts of kinds and days.
-- $1 integer[]: kinds  $2 integer[]: days  $3 bigint[]: events, negative where they were removed
INSERT INTO kind_count (kind, day, events)
SELECT * FROM unnest($1::integer[], $2::integer[], $3::bigint[])
ON CONFLICT (kind, day) DO UPDATE SET events = kind_count.events + excluded.events
