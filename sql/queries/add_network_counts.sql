-- Adds to the counts of networks.
-- $1 text[]: networks  $2 bigint[]: events, negative where they were removed
INSERT INTO network_count (network, events)
SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (network) DO UPDATE SET events = network_count.events + excluded.events
