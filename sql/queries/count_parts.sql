-- How many parts of each page have come.
-- $1 bytea[]: pages
SELECT page_id, count(*) FROM page_part WHERE page_id = ANY ($1) GROUP BY page_id
