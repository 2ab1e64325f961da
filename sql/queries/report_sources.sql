-- Where a URL was found.
-- $1 text: relay URL
SELECT s.source, s.found_at
FROM candidate_source s JOIN candidate c USING (candidate_no)
WHERE c.url = $1
ORDER BY s.found_at, s.source
