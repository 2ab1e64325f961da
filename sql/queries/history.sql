-- The last versions of a relay's documents of one type from every vantage, the newest first.
-- $1 text: relay URL  $2 text: type  $3 integer: how many
SELECT h.vantage, h.type, h.first_seen, h.last_seen, d.sha256, d.body
FROM relay r JOIN relay_document h USING (relay_no) JOIN document d USING (document_no)
WHERE r.url = $1 AND h.type = $2
ORDER BY h.first_seen DESC, h.vantage
LIMIT $3
