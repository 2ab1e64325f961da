-- Adds what rounds saw to the histories of relays: the last row lasts longer if it says the same and nobody missed a round
-- in between, else a new row begins. At most one input per relay and vantage. A round that came before the last one that
-- is known, or again, changes nothing.
-- $1 integer[]: relays  $2 text[]: vantages  $3 bigint[]: checked at  $4 text[]: states, degraded = our vantage was
-- $5 boolean[]: whether the round failed  $6 text[]: why it is not up, null = it is  $7 bigint[]: until when it holds
WITH input AS (
  SELECT i.*, b.at AS before, coalesce(b.state = i.state AND b.failing = i.failing AND b.seen_until >= i.at, false) AS same
  FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::bigint[])
    AS i (relay_no, vantage, at, state, failing, reason, seen_until)
  LEFT JOIN LATERAL (SELECT * FROM relay_transition t WHERE t.relay_no = i.relay_no AND t.vantage = i.vantage
    ORDER BY t.at DESC LIMIT 1) b ON true
  WHERE b.seen_at < i.at OR b.seen_at IS NULL
), lasting AS (
  UPDATE relay_transition t SET seen_at = i.at, seen_until = greatest(t.seen_until, i.seen_until)
  FROM input i
  WHERE i.same AND t.relay_no = i.relay_no AND t.vantage = i.vantage AND t.at = i.before
)
INSERT INTO relay_transition (relay_no, vantage, at, state, failing, reason, seen_at, seen_until)
SELECT relay_no, vantage, at, state, failing, reason, at, seen_until
FROM input
WHERE NOT same
ORDER BY relay_no, vantage COLLATE "C"
ON CONFLICT DO NOTHING
