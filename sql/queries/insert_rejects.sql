-- Adds what turns refused, in key order; a turn is reported once and may be told again.
-- $1 integer[]: relays  $2 text[]: jobs  $3 bigint[]: started at  $4 text[]: reasons  $5 bigint[]: events
INSERT INTO relay_reject (relay_no, job, started_at, reason, events)
SELECT i.relay_no, i.job, i.started_at, i.reason, max(i.events)
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]) AS i (relay_no, job, started_at, reason, events)
GROUP BY 1, 2, 3, 4
ORDER BY i.relay_no, i.job COLLATE "C", i.started_at, i.reason COLLATE "C"
ON CONFLICT DO NOTHING
