-- Adds rows to the histories of states as another archive tells them; of a row that is there the end may move on.
-- $1 integer[]: relays  $2 text[]: vantages  $3 bigint[]: at  $4 text[]: states  $5 boolean[]: whether rounds failed
-- $6 text[]: reasons  $7 bigint[]: last seen at  $8 bigint[]: until when they hold
INSERT INTO relay_transition AS t (relay_no, vantage, at, state, failing, reason, seen_at, seen_until)
SELECT DISTINCT ON (relay_no, vantage COLLATE "C", at) *
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::bigint[], $8::bigint[])
  AS i (relay_no, vantage, at, state, failing, reason, seen_at, seen_until)
ORDER BY relay_no, vantage COLLATE "C", at, seen_at DESC
ON CONFLICT (relay_no, vantage, at) DO UPDATE
SET seen_at = excluded.seen_at, seen_until = greatest(t.seen_until, excluded.seen_until)
WHERE t.seen_at < excluded.seen_at AND t.state = excluded.state AND t.failing = excluded.failing
