-- The bits of blocks of events.
-- $1 text[]: networks  $2 bigint[]: blocks
SELECT n.network, n.block, n.bits
FROM unnest($1::text[], $2::bigint[]) AS i (network, block)
JOIN network_event n ON n.network = i.network AND n.block = i.block
