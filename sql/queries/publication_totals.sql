-- What each publish relay made of the events of a monitor, by kind and verdict.
-- $1 bytea: pubkey of the monitor
SELECT p.target, p.kind, p.accepted, coalesce(p.reason, ''), count(*), max(p.published_at)
FROM publication p
WHERE p.pubkey = $1
GROUP BY p.target, p.kind, p.accepted, p.reason
ORDER BY p.target, p.kind, p.accepted DESC, p.reason
