-- Events as they are kept, except what is being removed, that come after a position in the order of their numbers.
-- $1 bigint: number of the position  $2 bigint: since  $3 bigint: until, both ends included
-- $4 bytea[]: ids, empty = all  $5 bytea[]: authors, empty = all  $6 integer[]: kinds, empty = all  $7 integer: at most so many
SELECT event_no, id, pubkey, created_at, kind, tags, content, sig, raw
FROM event
WHERE event_no > $1::bigint AND created_at BETWEEN $2::bigint AND $3::bigint
  AND ($4::bytea[] = '{}' OR id = ANY ($4)) AND ($5::bytea[] = '{}' OR pubkey = ANY ($5))
  AND ($6::integer[] = '{}' OR kind = ANY ($6))
  AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = event.id AND t.cause = 'event' AND t.erased_at IS NULL)
  AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = event.pubkey AND t.erased_at IS NULL AND t.until >= event.created_at
                  AND (t.cause = 'author' OR t.cause = 'vanish' AND event.kind <> 62))
ORDER BY event_no
LIMIT $7
