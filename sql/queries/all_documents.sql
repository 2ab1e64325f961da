-- Histories of documents in the order of URL, vantage, type and time, those versions that come after one.
-- $1 text: URL  $2 text: vantage  $3 text: type  $4 bigint: first seen  $5 integer: at most so many
SELECT r.url, h.vantage, h.type, h.first_seen, h.last_seen, d.sha256, d.body
FROM relay r JOIN relay_document h USING (relay_no) JOIN document d USING (document_no)
WHERE r.url >= $1::text COLLATE "C"
  AND (r.url, h.vantage, h.type, h.first_seen) > ($1::text COLLATE "C", $2::text COLLATE "C", $3::text COLLATE "C", $4::bigint)
ORDER BY r.url, h.vantage, h.type, h.first_seen
LIMIT $5::integer
