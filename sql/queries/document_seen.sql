-- When a document of one type was last seen at a relay, whatever it said.
-- $1 text: relay URL  $2 text: vantage  $3 text: type
SELECT max(h.last_seen)
FROM relay_document h JOIN relay r USING (relay_no)
WHERE r.url = $1 AND h.vantage = $2 AND h.type = $3
