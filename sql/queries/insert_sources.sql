-- Remembers where candidates were found, once per source, in key order.
-- $1 text[]: URLs  $2 text[]: sources  $3 bigint[]: found at
INSERT INTO candidate_source (candidate_no, source, found_at)
SELECT c.candidate_no, i.source, i.found_at
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS i (url, source, found_at)
JOIN candidate c ON c.url = i.url
ORDER BY c.candidate_no, i.source COLLATE "C"
ON CONFLICT DO NOTHING
