-- Makes sure that there is a row to lock for each key, in key order.
-- $1 integer[]: relays  $2 integer[]: filters  $3 smallint[]: proofs  $4 date[]: days
INSERT INTO coverage (relay_no, filter_no, proof, walked_on, intervals)
SELECT i.relay_no, i.filter_no, i.proof, i.walked_on, '{}'
FROM unnest($1::integer[], $2::integer[], $3::smallint[], $4::date[]) AS i (relay_no, filter_no, proof, walked_on)
ORDER BY i.relay_no, i.filter_no, i.proof, i.walked_on
ON CONFLICT DO NOTHING
