-- Puts what documents claim. The NIPs travel as JSON arrays.
-- $1 integer[]: relays  $2 bigint[]: documents  $3 text[]: software  $4 text[]: versions  $5 text[]: NIPs
INSERT INTO relay_claim (relay_no, document_no, software, version, nips)
SELECT i.relay_no, i.document_no, i.software, i.version, ARRAY(SELECT n::integer FROM jsonb_array_elements_text(i.nips::jsonb) AS n)
FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS i (relay_no, document_no, software, version, nips)
ON CONFLICT (relay_no) DO UPDATE SET document_no = excluded.document_no, software = excluded.software,
  version = excluded.version, nips = excluded.nips
