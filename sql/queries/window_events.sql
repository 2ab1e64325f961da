-- Events of a stretch of created_at: whole days from their counts, what is left one by one.
-- $1 bigint: since  $2 bigint: until, both ends included
WITH whole AS (SELECT (($1 + 86399) / 86400)::integer AS first, (($2 + 1) / 86400 - 1)::integer AS last)
SELECT CASE WHEN first > last THEN (SELECT count(*) FROM event WHERE created_at BETWEEN $1 AND $2)
  ELSE (SELECT coalesce(sum(events), 0) FROM kind_count WHERE day BETWEEN first AND last)
     + (SELECT count(*) FROM event WHERE created_at >= $1 AND created_at < first * 86400::bigint)
     + (SELECT count(*) FROM event WHERE created_at >= (last + 1) * 86400::bigint AND created_at <= $2) END::bigint
FROM whole
