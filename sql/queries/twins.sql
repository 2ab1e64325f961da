-- Relays whose newest information document is the same, byte for byte, as a relay's newest one. One without a key or a
-- contact in it may be what a program serves by default, and is no sign.
-- $1 text: relay URL
SELECT DISTINCT o.url
FROM relay r
JOIN relay_document h ON h.relay_no = r.relay_no AND h.type = 'nip11'
JOIN document d ON d.document_no = h.document_no
JOIN relay_document t ON t.document_no = h.document_no AND t.type = 'nip11' AND t.relay_no <> h.relay_no
JOIN relay o ON o.relay_no = t.relay_no
WHERE r.url = $1
  AND encode(d.body, 'escape') ~ '"(pubkey|self)"\s*:\s*"[0-9a-f]{64}"'
  AND NOT EXISTS (SELECT FROM relay_document n WHERE n.relay_no = h.relay_no AND n.vantage = h.vantage AND n.type = h.type AND n.first_seen > h.first_seen)
  AND NOT EXISTS (SELECT FROM relay_document n WHERE n.relay_no = t.relay_no AND n.vantage = t.vantage AND n.type = t.type AND n.first_seen > t.first_seen)
ORDER BY o.url
LIMIT 10
