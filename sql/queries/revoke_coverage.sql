-- Takes intervals, both ends included, away from locked rows of coverage; several may belong to one row.
-- $1 integer[]: relays  $2 integer[]: filters  $3 smallint[]: proofs  $4 date[]: days
-- $5 bigint[]: since  $6 bigint[]: until
WITH input AS (
  SELECT i.relay_no, i.filter_no, i.proof, i.walked_on, range_agg(int8range(i.since, i.until, '[]')) AS intervals
  FROM unnest($1::integer[], $2::integer[], $3::smallint[], $4::date[], $5::bigint[], $6::bigint[])
    AS i (relay_no, filter_no, proof, walked_on, since, until)
  GROUP BY 1, 2, 3, 4
)
UPDATE coverage c SET intervals = c.intervals - i.intervals
FROM input i
WHERE c.relay_no = i.relay_no AND c.filter_no = i.filter_no AND c.proof = i.proof AND c.walked_on = i.walked_on
  AND c.intervals && i.intervals
