-- Events of the original that come after an id.
-- $1 bytea: id  $2 integer: at most so many
SELECT id, pubkey, created_at::bigint, kind::integer, tags::text, content, sig FROM event WHERE id > $1::bytea ORDER BY id LIMIT $2::integer
