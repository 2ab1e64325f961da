-- Events inside an interval of created_at that a relay is known to serve, newest first.
-- $1 integer: relay  $2 bigint: since  $3 bigint: until, both ends included  $4 integer[]: kinds, empty = all
-- $5 bytea[]: authors, empty = all  $6 integer: at most so many
SELECT e.id, e.created_at
FROM sighting s JOIN event e USING (event_no)
WHERE s.relay_no = $1 AND s.missing_since IS NULL AND e.created_at BETWEEN $2 AND $3
  AND ($4::integer[] = '{}' OR e.kind = ANY ($4)) AND ($5::bytea[] = '{}' OR e.pubkey = ANY ($5))
ORDER BY e.created_at DESC, e.id DESC
LIMIT $6
