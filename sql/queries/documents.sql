-- The documents that one round of checks of a relay brought home, and the newest capabilities, which are not tried in every
-- round.
-- $1 text: relay URL  $2 text: vantage  $3 bigint: time of the round
SELECT DISTINCT ON (h.type) h.type, d.body
FROM relay r
JOIN relay_document h ON h.relay_no = r.relay_no AND h.vantage = $2 AND h.first_seen <= $3
  AND (h.last_seen >= $3 OR h.type = 'capabilities')
JOIN document d USING (document_no)
WHERE r.url = $1
ORDER BY h.type, h.first_seen DESC
