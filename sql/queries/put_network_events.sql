-- Puts the bits of blocks of events.
-- $1 text[]: networks  $2 bigint[]: blocks  $3 bytea[]: bits
INSERT INTO network_event (network, block, bits)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])
ON CONFLICT (network, block) DO UPDATE SET bits = excluded.bits
