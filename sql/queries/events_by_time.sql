-- Events as they are kept, except what is being removed, that come after a position in the order of created_at and id.
-- $1 bigint: created_at of the position  $2 bytea: its id  $3 bigint: since  $4 bigint: until, both ends included
-- $5 bytea[]: ids, empty = all  $6 bytea[]: authors, empty = all  $7 integer[]: kinds, empty = all  $8 integer: at most so many
-- $9 integer: relay that served them, 0 = any
SELECT event_no, id, pubkey, created_at, kind, tags, content, sig, raw
FROM event
WHERE (created_at, id) > ($1::bigint, $2::bytea) AND created_at BETWEEN $3::bigint AND $4::bigint
  AND ($5::bytea[] = '{}' OR id = ANY ($5)) AND ($6::bytea[] = '{}' OR pubkey = ANY ($6))
  AND ($7::integer[] = '{}' OR kind = ANY ($7))
  AND ($9::integer = 0 OR EXISTS (SELECT FROM sighting s WHERE s.event_no = event.event_no AND s.relay_no = $9::integer))
  AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = event.id AND t.cause = 'event' AND t.erased_at IS NULL)
  AND NOT EXISTS (SELECT FROM tombstone t WHERE t.target = event.pubkey AND t.erased_at IS NULL AND t.until >= event.created_at
                  AND (t.cause = 'author' OR t.cause = 'vanish' AND event.kind <> 62))
ORDER BY created_at, id
LIMIT $8
