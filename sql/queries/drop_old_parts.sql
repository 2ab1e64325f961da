-- Forgets parts of pages that were seen long ago, some at a time.
-- $1 bigint: seen before  $2 integer: at most so many
DELETE FROM page_part
WHERE (page_id, part) IN (SELECT page_id, part FROM page_part WHERE seen_at < $1 ORDER BY page_id, part LIMIT $2)
