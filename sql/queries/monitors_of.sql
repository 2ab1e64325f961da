-- How many keys said in a time that they watch a relay (NIP-66, kind 30166). A URL may be given with several hashes.
-- $1 text[]: relay URLs  $2 bigint[]: hash of a `d` tag that names each  $3 bigint: since  $4 bigint: until
SELECT i.url, count(DISTINCT e.pubkey)
FROM unnest($1::text[], $2::bigint[]) AS i (url, hash)
CROSS JOIN LATERAL (
  SELECT pubkey FROM event
  WHERE tag_hashes @> ARRAY[i.hash] AND kind = 30166 AND created_at BETWEEN $3::bigint AND $4::bigint
) AS e
GROUP BY i.url
