-- Brings candidates up to date: the earliest finding, the newest try, and a new start for those that were
-- found again long after they were given up. Rows that need no change are not locked.
-- $1 text[]: URLs  $2 bigint[]: earliest finding  $3 bigint[]: latest finding, null = validated only
-- $4 integer[]: tries  $5 bigint[]: tried at, null = found only  $6 text[]: reasons, null = none
-- $7 bigint[]: next try at, null = none  $8 bigint[]: given up at, null = not  $9 bigint: seconds until a second chance
WITH input AS (
  SELECT *
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[])
    AS i (url, found_at, found_again_at, tries, tried_at, reason, next_try_at, given_up_at)
), stale AS (
  -- A try is newer when it was made later, or in the same second as one of the same series; none is there after a new start.
  SELECT c.candidate_no, n.newer
  FROM candidate c JOIN input i ON i.url = c.url,
  LATERAL (SELECT (i.tried_at, i.tries) > (coalesce(c.tried_at, -1), coalesce(nullif(c.tries, 0), 2147483647)) AS newer) AS n
  WHERE n.newer OR i.found_at < c.found_at OR i.found_again_at > c.given_up_at + $9::bigint
  ORDER BY c.url
  FOR UPDATE OF c
)
UPDATE candidate c
SET found_at    = least(c.found_at, i.found_at),
    tries       = CASE WHEN s.newer THEN i.tries
                       WHEN i.found_again_at > c.given_up_at + $9::bigint THEN 0 ELSE c.tries END,
    tried_at    = greatest(c.tried_at, i.tried_at),
    reason      = CASE WHEN s.newer THEN i.reason ELSE c.reason END,
    next_try_at = CASE WHEN s.newer THEN i.next_try_at
                       WHEN i.found_again_at > c.given_up_at + $9::bigint THEN NULL ELSE c.next_try_at END,
    given_up_at = CASE WHEN s.newer THEN i.given_up_at
                       WHEN i.found_again_at > c.given_up_at + $9::bigint THEN NULL ELSE c.given_up_at END
FROM stale s, input i
WHERE c.candidate_no = s.candidate_no AND i.url = c.url
