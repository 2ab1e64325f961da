-- Places documents in their relays' histories: the version before or after the sighting grows if it is the same, else
-- a new version begins. At most one input per relay, vantage and type; the row of relay_state must be locked. A late
-- message that falls inside a version of another document changes nothing. Returns for each input whether it is the
-- first sighting of a version that replaced another.
-- $1 integer[]: relays  $2 text[]: vantages  $3 text[]: types  $4 bigint[]: seen at  $5 bytea[]: SHA-256
WITH input AS (
  SELECT i.*, d.document_no, b.first_seen AS before_first, b.last_seen AS before_last, b.document_no AS before_no,
         a.first_seen AS after_first, a.document_no AS after_no,
         EXISTS (SELECT FROM relay_document o WHERE o.relay_no = i.relay_no AND o.vantage = i.vantage
                 AND o.type = i.type AND o.first_seen < i.seen_at) AS earlier
  FROM unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bytea[]) AS i (relay_no, vantage, type, seen_at, sha256)
  JOIN document d ON d.sha256 = i.sha256
  LEFT JOIN LATERAL (SELECT * FROM relay_document h WHERE h.relay_no = i.relay_no AND h.vantage = i.vantage
    AND h.type = i.type AND h.first_seen <= i.seen_at ORDER BY h.first_seen DESC LIMIT 1) b ON true
  LEFT JOIN LATERAL (SELECT * FROM relay_document h WHERE h.relay_no = i.relay_no AND h.vantage = i.vantage
    AND h.type = i.type AND h.first_seen > i.seen_at ORDER BY h.first_seen LIMIT 1) a ON true
), placed AS (
  SELECT *, before_no IS NOT DISTINCT FROM document_no AS grows,
         before_no IS DISTINCT FROM document_no AND coalesce(before_last < seen_at, true) AS begins
  FROM input
), grown AS (
  UPDATE relay_document h SET last_seen = p.seen_at
  FROM placed p
  WHERE p.grows AND p.before_last < p.seen_at
    AND h.relay_no = p.relay_no AND h.vantage = p.vantage AND h.type = p.type AND h.first_seen = p.before_first
), pulled AS (
  UPDATE relay_document h SET first_seen = p.seen_at
  FROM placed p
  WHERE p.begins AND p.after_no = p.document_no
    AND h.relay_no = p.relay_no AND h.vantage = p.vantage AND h.type = p.type AND h.first_seen = p.after_first
), begun AS (
  INSERT INTO relay_document (relay_no, vantage, type, first_seen, last_seen, document_no)
  SELECT relay_no, vantage, type, seen_at, seen_at, document_no
  FROM placed
  WHERE begins AND after_no IS DISTINCT FROM document_no
  ON CONFLICT DO NOTHING
)
SELECT relay_no, vantage, type, earlier AND (begins OR grows AND before_first = seen_at) AS changed FROM placed
