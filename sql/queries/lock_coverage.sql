-- Locks rows of coverage in key order. It comes before the parts are counted: of two writers the later one then
-- sees the parts of the earlier.
-- $1 integer[]: relays  $2 integer[]: filters  $3 smallint[]: proofs  $4 date[]: days
SELECT c.relay_no
FROM coverage c
JOIN unnest($1::integer[], $2::integer[], $3::smallint[], $4::date[]) AS i (relay_no, filter_no, proof, walked_on)
  ON c.relay_no = i.relay_no AND c.filter_no = i.filter_no AND c.proof = i.proof AND c.walked_on = i.walked_on
ORDER BY c.relay_no, c.filter_no, c.proof, c.walked_on
FOR UPDATE OF c
