-- The tags of somebody's newest event of a replaceable kind, among those that may be shown.
-- $1 bytea: pubkey  $2 integer: kind
SELECT e.tags::text
FROM events e
WHERE e.pubkey = $1 AND e.kind = $2
ORDER BY e.created_at DESC, e.id
LIMIT 1
