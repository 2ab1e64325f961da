-- The numbers of events in a window that a rule of retention matches, some at a time. Deletions and
-- requests to vanish are never matched.
-- $1 bigint: from behind this number  $2 bigint: up to this one  $3 integer[], $4 integer[]: ranges of kinds, empty = all
-- $5 bytea[]: authors, empty = all  $6 bigint: created before, null = ever
-- $7 text[]: relays, none but these were seen to serve it, empty = whoever did  $8 integer: at most so many
SELECT e.event_no
FROM event e
WHERE e.event_no > $1 AND e.event_no <= $2 AND e.kind NOT IN (5, 62)
  AND ($3::integer[] = '{}' OR EXISTS (SELECT FROM unnest($3::integer[], $4::integer[]) AS k (low, high) WHERE e.kind BETWEEN k.low AND k.high))
  AND ($5::bytea[] = '{}' OR e.pubkey = ANY ($5)) AND ($6::bigint IS NULL OR e.created_at < $6)
  AND ($7::text[] = '{}' OR EXISTS (SELECT FROM sighting s JOIN relay r USING (relay_no) WHERE s.event_no = e.event_no)
       AND NOT EXISTS (SELECT FROM sighting s JOIN relay r USING (relay_no) WHERE s.event_no = e.event_no AND r.url <> ALL ($7)))
ORDER BY e.event_no
LIMIT $8
