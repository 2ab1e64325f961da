-- Events that a tombstone reaches, some at a time: the one of the id, or those of the author, and with a request to vanish
-- gift wraps that name him, too (their tags are looked at again, because hashes may collide). The request itself stays.
-- $1 bytea: target  $2 text: cause  $3 bigint: until  $4 integer: at most so many
SELECT event_no, id, pubkey FROM event WHERE $2 IN ('event', 'erased') AND id = $1
UNION
(SELECT event_no, id, pubkey FROM event
 WHERE $2 IN ('author', 'vanish') AND pubkey = $1 AND created_at <= $3 AND ($2 = 'author' OR kind <> 62)
 LIMIT $4)
UNION
(SELECT event_no, id, pubkey FROM event
 WHERE $2 = 'vanish' AND kind = 1059 AND created_at <= $3 AND tag_hashes @> ARRAY[tag_hash('p', encode($1, 'hex'))]
   AND (tags IS NULL OR tags LIKE '%' || encode($1, 'hex') || '%')
 LIMIT $4)
LIMIT $4
