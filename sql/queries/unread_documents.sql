-- Newest NIP-11 documents of relays whose claims are those of another one.
-- $1 integer: at most so many
SELECT n.relay_no, n.document_no, d.body
FROM (SELECT DISTINCT ON (relay_no) relay_no, document_no FROM relay_document WHERE type = 'nip11'
      ORDER BY relay_no, last_seen DESC, vantage) n
JOIN document d USING (document_no)
WHERE NOT EXISTS (SELECT FROM relay_claim c WHERE c.relay_no = n.relay_no AND c.document_no = n.document_no)
LIMIT $1
