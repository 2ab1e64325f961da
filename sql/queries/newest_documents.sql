-- The newest version of each document of a relay from each vantage.
-- $1 text: relay URL
SELECT DISTINCT ON (h.vantage, h.type) h.vantage, h.type, h.first_seen, h.last_seen, d.sha256, d.body
FROM relay r JOIN relay_document h USING (relay_no) JOIN document d USING (document_no)
WHERE r.url = $1
ORDER BY h.vantage, h.type, h.first_seen DESC
