-- Candidates, the newest finds first.
-- $1 text: state, null = any  $2 text: reason of the last failure, null = any  $3 text: one of its sources, null = any
-- $4 text: network, null = any  $5 text: URL, null = any  $6 bigint: most rows
-- $7 bigint, $8 text: only what comes after the one that was found then and has this URL, null = from the first
SELECT url, network, state, found_at, sources, tries, tried_at, reason, next_try_at, given_up_at, accepted_at
FROM candidates
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR reason = $2) AND ($3::text IS NULL OR $3 = ANY (sources))
  AND ($4::text IS NULL OR network = $4) AND ($5::text IS NULL OR url = $5)
  AND ($7::bigint IS NULL OR found_at <= $7 AND (found_at < $7 OR url > $8::text COLLATE "C"))
ORDER BY found_at DESC, url
LIMIT $6
