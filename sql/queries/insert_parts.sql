-- Remembers which parts of pages have come, in key order.
-- $1 bytea[]: pages  $2 integer[]: parts  $3 bigint[]: seen at
INSERT INTO page_part (page_id, part, seen_at)
SELECT i.page_id, i.part, i.seen_at
FROM unnest($1::bytea[], $2::integer[], $3::bigint[]) AS i (page_id, part, seen_at)
ORDER BY i.page_id, i.part
ON CONFLICT DO NOTHING
